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
  let end: { outcome: 'done' | 'skipped' | 'failed'; note?: string } = { outcome: 'done' }
  log.write({ type: 'step-started', ...named })
  try {
    return await act({
      progress: text => log.write({ type: 'progress', step: named.step, text }),
      note: note => {
        end = { ...end, note }
      },
      skip: note => {
        end = { outcome: 'skipped', note }
      },
    })
  } catch (error) {
    end = { outcome: 'failed', note: problemOf(error).what }
    throw error
  } finally {
    log.write({ type: 'step-finished', ...named, ms: Math.round(performance.now() - started), ...end })
  }
}
