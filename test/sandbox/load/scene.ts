import type { RequestOptions } from 'node:https'
import type { Journal } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { onLoopback, type Service, type Settings } from './settings.ts'

/** What every kind of traffic is given. */
export type Scene = {
  readonly settings: Settings
  readonly journal: Journal
  readonly ledger: Ledger
  /** Aborted when no new request may start. */
  readonly stop: AbortSignal
}

/** One kind of traffic. Nothing is sent before `start` or a loop is called. */
export type Traffic = {
  /** Starts one request when the clock says so; false when too many are in flight. */
  readonly start?: () => boolean
  /** Loops that each wait for their answers, and end once `scene.stop` is aborted. */
  readonly loops?: readonly (() => Promise<void>)[]
  /** About how many requests a second the loops make: they are part of the total rate. */
  readonly loopsPerSecond?: number
}

export function to(scene: Scene, service: Service, method: string, path: string): RequestOptions {
  const target = scene.settings.targets[service]
  return { ...target, ...(target.ca && { lookup: onLoopback }), method, path }
}
