import { lastEvents, start } from './harness.ts'

/** A step's title, whichever colour it is about. */
export const colourless = (title: string): string => title.replace(/blue|green/g, '<colour>')

/**
 * Starts a run on production and ends it with a signal so many ms after a step of that (colourless) title has begun.
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
    const reached = events.some(event => event.type === 'step-started' && colourless(event.title) === title)
    if (isNew && reached) {
      if (after > 0) await new Promise(resolve => setTimeout(resolve, after))
      process.kill(first.pid, 'SIGKILL')
      await run.done
      return lastEvents('production').at(-1)?.type !== 'run-finished'
    }
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return false
}
