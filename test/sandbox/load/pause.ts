/**
 * Waits, or stops waiting when the load stops. It comes back right after the event loop has
 * read what the sockets received meanwhile: a connection that the server closed properly is
 * then known to be closed, and a request on it would be our race, not the server's.
 */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (stop.aborted) return resolve()
    const wake = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', wake)
      setImmediate(resolve)
    }
    const timer = setTimeout(wake, ms)
    stop.addEventListener('abort', wake)
  })
}
