import { problemOf } from '../base/failure.ts'
import type { Journal } from './events.ts'

/** What a step can say while it runs. */
export interface Step {
  /** What it is doing now; shown while it runs. */
  progress(text: string): void
  /** What it found or did; shown when it is done. */
  note(text: string): void
  /** There was nothing to do. */
  skip(why: string): void
}

/** Takes a step and logs when it begins, what it says and how it ends. @throws what `act` throws. */
export async function takeStep<T>(
  log: Journal,
  named: { readonly step: number; readonly title: string },
  act: (step: Step) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  let said: string | undefined
  let outcome: 'done' | 'skipped' = 'done'
  log.write({ type: 'step-started', ...named })
  const finish = (how: 'done' | 'skipped' | 'failed', note: string | undefined): void =>
    log.write({
      type: 'step-finished',
      ...named,
      ms: Math.round(performance.now() - started),
      outcome: how,
      note,
    })
  try {
    const value = await act({
      progress: text => log.write({ type: 'progress', step: named.step, text }),
      note: text => {
        said = text
      },
      skip: why => {
        said = why
        outcome = 'skipped'
      },
    })
    finish(outcome, said)
    return value
  } catch (error) {
    finish('failed', problemOf(error).what)
    throw error
  }
}
