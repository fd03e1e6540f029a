import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../environment/environment.ts'

/** What a drill came to: a line of `drills.jsonl`. Times are ms. */
export interface Drill {
  readonly at: number
  readonly run: string
  readonly who: string
  readonly backup: string
  /** How old the backup was: what would have been lost. */
  readonly age: number
  /** From nothing to a version that passes its smoke tests. */
  readonly recovery: number
  readonly tag: string
}

export const drillFile = (environment: Environment): string => join(environment.directory, 'drills.jsonl')

export function recordDrill(environment: Environment, drill: Drill): void {
  appendFileSync(drillFile(environment), `${JSON.stringify({ v: 1, ...drill })}\n`, { mode: 0o600 })
}
