import { url } from '../harness.ts'
import { type Load, type Report, startLoad } from '../load/load.ts'
import type { Random } from './random.ts'

/** The users of production: few, and now and then some whose requests take long, which every drain then waits for. */
export function users(random: Random): Promise<Load> {
  return startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 50,
    kinds: ['keepalive', 'new', 'post', ...(random.chance(0.25) ? (['slow'] as const) : [])],
  })
}

/** What users noticed, with an example of each kind. */
export function lossOf({ totals, failures }: Report): string[] {
  if (totals.failed === 0) return []
  const which = failures.map(
    ({ kind, reason, count, examples }) => `${count} × ${kind} ${reason}: ${JSON.stringify(examples[0])}`,
  )
  return [`${totals.failed} of ${totals.sent} requests were lost\n${which.join('\n')}`]
}
