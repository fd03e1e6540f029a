import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { patience, untilReady } from '../../../lib/migrate-check/patience.ts'

const waiting = suite('migrate-check/patience: a scratch server that starts')

/** Looks at a server on a clock of its own; `see` says what is there after so many milliseconds. */
async function watched(see: (at: number) => { progress?: string; isReady?: boolean; hasEnded?: boolean }) {
  let at = 0
  const clock = {
    now: () => at,
    wait: async (ms: number) => {
      at += ms
    },
  }
  const look = async () => ({ isReady: false, hasEnded: false, progress: '', ...see(at) })
  return { outcome: await untilReady(look, 1000, clock), at }
}

waiting('works for an hour, and is waited for', async () => {
  const hour = 3_600_000
  const { outcome, at } = await watched(now => ({
    progress: `${Math.floor(now / 60_000)} MB`,
    isReady: now >= hour,
  }))
  assert.equal([outcome, at], ['ready', hour])
})
waiting('shows no sign of work any more, and is given up', async () => {
  const { outcome, at } = await watched(now => ({ progress: now < 10_000 ? `${now}` : 'the last' }))
  assert.is(outcome, 'silent')
  assert.is(at, 10_000 + patience + 1000)
})
waiting('ends, and is not waited for', async () =>
  assert.equal(await watched(now => ({ hasEnded: now >= 3000 })), { outcome: 'ended', at: 3000 }),
)

waiting.run()
