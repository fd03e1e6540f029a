import type { ProcessPromise } from 'zx/core'
import { whereThere } from './system-errors.ts'

/** Ends a command at its timeout or when its signal is aborted, and says which it was. */
export function endEarly(running: ProcessPromise, timeout: number, signal: AbortSignal | undefined) {
  const ended: { by?: 'timeout' | 'abort' } = {}
  let kill: NodeJS.Timeout | undefined
  const end = (by: 'timeout' | 'abort'): void => {
    ended.by ??= by
    signalGroup(running, 'SIGTERM')
    kill ??= setTimeout(() => signalGroup(running, 'SIGKILL'), 5000)
  }
  const onAbort = (): void => end('abort')
  const timer = setTimeout(() => end('timeout'), timeout)
  signal?.addEventListener('abort', onAbort, { once: true })
  const clear = (): void => {
    clearTimeout(timer)
    clearTimeout(kill)
    signal?.removeEventListener('abort', onAbort)
  }
  return { ended, clear }
}

/** The command leads its own process group, so its children are reached as well. */
function signalGroup({ pid }: ProcessPromise, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid !== undefined) whereThere(() => process.kill(-pid, signal), 'ESRCH')
}
