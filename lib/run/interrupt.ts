import { Cancelled } from '../base/failure.ts'

/** Aborted by Ctrl-C, a cancelled workflow or a closed terminal; what is running then cleans up and ends. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort(new Cancelled(signal)))
  return controller.signal
}
