import { Cancelled } from '../base/failure.ts'
import type { Run } from './run.ts'

/** Ctrl-C, a cancelled workflow and a closed terminal ask the run to stop; asking twice is not needed. */
export function stopOnSignals(run: Run): () => void {
  let stopping = false // Ctrl-C may arrive twice: from the terminal, and relayed by what started us
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return
    stopping = true
    run.note(`${signal}: stopping at the next safe place; what was changed is rolled back`)
    run.stop(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  // A closed terminal or pipe must not end the run: what it shows is in its log.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return () => {
    for (const signal of signals) process.off(signal, stop)
  }
}

/** Aborted by Ctrl-C, a cancelled workflow or a closed terminal; what is running then cleans up and ends. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort(new Cancelled(signal)))
  return controller.signal
}
