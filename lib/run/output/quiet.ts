import type { RunEvent } from '../events.ts'
import type { Listener } from '../run-log.ts'

/** Says nothing as long as all is well: cron mails whatever a command prints. Otherwise, everything at the end. */
export function quietRenderer(loud: Listener): Listener {
  const events: RunEvent[] = []
  return event => {
    events.push(event)
    if (event.type !== 'run-finished') return
    const isWell = event.exitCode === 0 && !events.some(({ type }) => type === 'warning')
    if (!isWell) for (const one of events) loud(one)
  }
}
