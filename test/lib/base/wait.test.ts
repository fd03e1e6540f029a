import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cancelled } from '../../../lib/base/failure.ts'
import { sleep } from '../../../lib/base/wait.ts'
import { failureOf } from '../fixtures.ts'

const waiting = suite('wait')

waiting('as long as it says', async () => {
  const started = performance.now()
  await sleep(40)
  assert.ok(performance.now() - started >= 39)
})

waiting('until somebody asks it to stop: then with the reason, at once', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Cancelled('SIGINT')), 10)
  const failure = await failureOf(() => sleep(60_000, stop.signal))
  assert.is(failure.what, 'stopped by SIGINT')
})

waiting('not at all when that was asked before', async () => {
  const failure = await failureOf(() => sleep(60_000, AbortSignal.abort(new Cancelled('SIGHUP'))))
  assert.is(failure.what, 'stopped by SIGHUP')
})

waiting.run()
