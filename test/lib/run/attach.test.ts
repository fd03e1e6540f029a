import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attach } from '../../../lib/run/attach.ts'
import type { RunEvent } from '../../../lib/run/events.ts'
import { captured, environmentIn, failureOf, inTemporary } from '../fixtures.ts'

const attaching = suite('attach: another run, shown as if one had started it')

const started = (pid: number): RunEvent => ({
  type: 'run-started',
  at: 1,
  run: 'r',
  script: 'deploy',
  environment: 'production',
  who: 'ada',
  pid,
})
const finished: RunEvent = { type: 'run-finished', at: 3, ms: 2, outcome: 'rolled back', exitCode: 4 }
const step: RunEvent = { type: 'step-finished', at: 2, step: 1, title: 'Preflight', ms: 1, outcome: 'done' }
const lines = (...events: RunEvent[]): string => events.map(event => `${JSON.stringify(event)}\n`).join('')
const nobody = 2 ** 22 + 1 // above the highest process id (proc(5), pid_max)

const withRuns = (runs: Record<string, string>, act: (directory: string) => Promise<void>) =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'logs', 'runs'), { recursive: true })
    for (const [name, text] of Object.entries(runs))
      writeFileSync(join(directory, 'logs', 'runs', `${name}.jsonl`), text)
    await act(directory)
  })
const show = async (directory: string, run: string) => {
  let code = -1
  const { stdout } = await captured(async () => {
    code = await attach(environmentIn(directory), run, { json: true, verbose: false })
  })
  return { code, stdout }
}

attaching('a run that has ended is replayed, with its exit code; the latest unless told', () =>
  withRuns(
    {
      '20260101-1-deploy': lines(started(nobody), finished),
      '20260102-1-deploy': lines(started(nobody), step, finished),
    },
    async directory => {
      assert.equal(await show(directory, 'latest'), {
        code: 4,
        stdout: lines(started(nobody), step, finished),
      })
      assert.is((await show(directory, '20260101-1-deploy')).stdout, lines(started(nobody), finished))
    },
  ),
)

attaching('a run under way is followed to its end, also where a line comes in two pieces', () =>
  withRuns({ run: lines(started(process.pid)).slice(0, 20) }, async directory => {
    const file = join(directory, 'logs', 'runs', 'run.jsonl')
    const text = lines(started(process.pid), finished).slice(20)
    const showing = show(directory, 'latest')
    for (const piece of [text.slice(0, 30), text.slice(30)]) {
      await new Promise(resolve => setTimeout(resolve, 150))
      appendFileSync(file, piece)
    }
    assert.equal(await showing, { code: 4, stdout: lines(started(process.pid), finished) })
  }),
)

attaching('a run that was killed has no exit code: that is said, with what to do', () =>
  withRuns({ run: lines(started(nobody), step) }, async directory => {
    let failure = await failureOf(() => show(directory, 'latest'))
    assert.is(failure.what, 'run did not come to its end: it was killed, or the machine was restarted')
    assert.is(failure.fix, 'npx tsx scripts/deploy.ts -e production  repairs what it left')
    assert.is(failure.exitCode, 5)
    failure = await failureOf(() => show(directory, '../x'))
    assert.is(failure.what, '--attach is "../x": there is no such run of production')
    assert.is(failure.fix, 'the newest: run')
  }),
)

attaching('no run yet', () =>
  withRuns({}, async directory =>
    assert.is(
      (await failureOf(() => show(directory, 'latest'))).what,
      'there has been no run of production yet',
    ),
  ),
)

attaching.run()
