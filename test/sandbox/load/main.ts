import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startLoad } from './load.ts'
import { render } from './render.ts'
import { KINDS, type Kind } from './settings.ts'
import { verifyPosts } from './verify.ts'

const HELP = `npx tsx test/sandbox/load/main.ts --backend URL --frontend URL [--rate N] [--seconds N] [--kinds a,b]

Puts a load on a TraceHub of this machine, prints how every request ended, and compares the
POSTs with the database. Ctrl-C ends it early. Kinds: ${KINDS.join(', ')}.`

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'http://127.0.0.1:8000' },
    frontend: { type: 'string', default: 'http://127.0.0.1:3000' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    kinds: { type: 'string', default: KINDS.join() },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}

const { backend, frontend } = values
const seconds = Number(values.seconds)
// settle() refuses what is not one of them.
const kinds = values.kinds.split(',') as Kind[]
async function main(): Promise<void> {
  const load = await startLoad({
    backend,
    frontend,
    rate: Number(values.rate),
    kinds,
    maxSeconds: seconds + 1,
  })
  await Promise.race([sleep(seconds * 1000), once(process, 'SIGINT')])
  const report = await load.stop()
  console.log(render(report))
  let whole = report.totals.failed === 0
  if (report.posts.sent > 0) {
    const { lost, doubled, unexpected } = await verifyPosts(report, backend)
    console.log(`stored: ${lost.length} lost, ${doubled.length} doubled, ${unexpected.length} unexpected`)
    whole &&= lost.length + doubled.length + unexpected.length === 0
  }
  process.exit(whole ? 0 : 1)
}

void main()
