import { spawn } from 'node:child_process'
import { columns, duration } from '../../lib/base/text.ts'
import { directoryOf, freshEnvironment, lastEvents, liveVersion, scriptEnvironment, url } from './harness.ts'
import { type Load, startLoad, verifyPosts } from './load/load.ts'
import { aloneInTheBox } from './lock.ts'
import { sandboxUp } from './sandbox.ts'

/**
 * The main job, for real: a first deploy, a second version with a migration under load, a broken third that takes
 * itself back, a fixed one, and a rollback by hand. Ends with what users noticed of it.
 */

const bold = (text: string): string =>
  process.stdout.isTTY && !process.env['NO_COLOR'] ? `\x1b[1m${text}\x1b[0m` : text
const chapter = (text: string): void =>
  void process.stdout.write(`\n${bold(`── ${text} `.padEnd(78, '─'))}\n`)

interface Row {
  readonly what: string
  readonly took: string
  readonly switched: string
  readonly sent: number
  readonly failed: number
  readonly live: string
}
const rows: Row[] = []

/** Runs a script of ours as a person does, its output unchanged, and notes what users noticed meanwhile. */
async function act(
  what: string,
  words: readonly string[],
  expected: number,
  load: Load | undefined,
): Promise<void> {
  chapter(what)
  process.stdout.write(`$ npx tsx scripts/${words.join(' ')}\n`)
  const before = (await load?.report())?.totals
  const started = Date.now()
  const [script = '', ...args] = words
  const child = spawn(process.execPath, ['--import', 'tsx', `scripts/${script}`, ...args, '--yes'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...scriptEnvironment },
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  if (code !== expected)
    throw new Error(`${words.join(' ')} ended with exit code ${code}, expected ${expected}`)
  const after = (await load?.report())?.totals
  rows.push({
    what,
    took: duration(Date.now() - started),
    switched: switchTime(),
    sent: (after?.sent ?? 0) - (before?.sent ?? 0),
    failed: (after?.failed ?? 0) - (before?.failed ?? 0),
    live: await liveVersion('production'),
  })
}

function switchTime(): string {
  const step = lastEvents('production').find(
    event => event.type === 'step-finished' && event.title.startsWith('Switch traffic to'),
  )
  return step?.type === 'step-finished' ? duration(step.ms) : 'no switch'
}

async function demo(): Promise<void> {
  const started = Date.now()
  chapter('The VPS in a box')
  await sandboxUp()
  await freshEnvironment('production')

  await act(
    'A first deploy, on an empty directory',
    ['deploy.ts', '-e', 'production', '--tag', 'v1'],
    0,
    undefined,
  )
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 200,
    kinds: ['keepalive', 'new', 'post', 'slow', 'upload'], // a websocket would make every drain wait for its cap
  })
  process.stdout.write(
    '\nfrom here on: 200 requests a second, new and kept-alive connections, POSTs, slow ones, uploads\n',
  )
  try {
    await act('A second version with a migration', ['deploy.ts', '-e', 'production', '--tag', 'v2'], 0, load)
    await act(
      'A third whose migration fails',
      ['deploy.ts', '-e', 'production', '--tag', 'migration-fails', '--accept-migrations'],
      4,
      load,
    )
    await act('The third, fixed', ['deploy.ts', '-e', 'production', '--tag', 'v3'], 0, load)
    await act('Back to the second, by hand', ['rollback.ts', '-e', 'production', '-t', 'deployment'], 0, load)
  } finally {
    await load.stop()
  }
  const report = await load.report()
  const posts = await verifyPosts(report, url('production'))

  chapter('What users noticed')
  const header = ['', 'took', 'switch', 'requests', 'failed', 'live']
  const cells = rows.map(row => [row.what, row.took, row.switched, `${row.sent}`, `${row.failed}`, row.live])
  process.stdout.write(`${columns([header, ...cells])}\n\n`)
  const sums = [
    ['requests sent', `${report.totals.sent}, ${Math.round(report.rate.reached)} a second`],
    ['failed', `${report.totals.failed}`],
    ['POSTs lost or stored twice', `${posts.lost.length + posts.doubled.length}`],
    ['longest time without an answer', duration(report.longestGapMs)],
    ['live now', `${await liveVersion('production')} at ${url('production')}`],
    ['the whole demo', duration(Date.now() - started)],
  ]
  process.stdout.write(`${columns(sums)}\n`)
  process.stdout.write(
    `\nlook around: cd ${directoryOf('production')} && docker compose ps\nremove it:   make sandbox-down\n`,
  )
  if (report.totals.failed + posts.lost.length + posts.doubled.length > 0) {
    process.stdout.write(`${JSON.stringify(report.failures, null, 2)}\n`)
    process.exitCode = 1
  }
}

void aloneInTheBox(demo)
