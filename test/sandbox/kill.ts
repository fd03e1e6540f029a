import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEvent } from '../../lib/run/events.ts'
import { lastEvents, start } from './harness.ts'

/** A step's title, whichever colour it is about. */
export const colourless = (title: string): string => title.replace(/blue|green/g, '<colour>')

/**
 * Starts a run on production and ends it with a signal so many ms after a step of that (colourless) title has begun, or
 * when that step ends, if it is faster than that today.
 * @returns false when the run was over before.
 */
export async function killInStep(
  name: string,
  args: readonly string[],
  title: string,
  after: number,
): Promise<boolean> {
  const before = lastEvents('production')[0]
  const run = start(name, ['-e', 'production', ...args])
  let over = false
  void run.done.then(() => {
    over = true
  })
  while (!over) {
    const events = lastEvents('production')
    const [first] = events
    const isNew =
      first?.type === 'run-started' && (before?.type !== 'run-started' || first.run !== before.run)
    if (isNew && has('step-started', title, events)) {
      const until = Date.now() + after
      while (Date.now() < until && !has('step-finished', title, lastEvents('production'))) await sleep(2)
      run.kill('SIGKILL')
      await run.done
      return lastEvents('production').at(-1)?.type !== 'run-finished'
    }
    await sleep(2)
  }
  return false
}

const has = (type: 'step-started' | 'step-finished', title: string, events: readonly RunEvent[]): boolean =>
  events.some(event => event.type === type && colourless(event.title) === title)
