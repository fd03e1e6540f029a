import type { Kind, Service } from './settings.ts'

/** All instants are ms since the epoch, all durations ms, unless the name says otherwise. */
export type Report = {
  readonly run: string
  readonly state: 'running' | 'stopped' | 'out of time'
  readonly startedAt: number
  /** How long new requests were being started. */
  readonly seconds: number
  readonly rate: { readonly wanted: number; readonly reached: number }
  readonly behind: Behind
  /** The generator's own use of one core, 0..1. */
  readonly cpu: number
  readonly totals: Count
  /** Longest time without any successful completion, and when it began. */
  readonly longestGapMs: number
  readonly longestGapAt: number
  readonly kinds: Partial<Record<Kind, KindReport>>
  readonly failures: readonly FailureReport[]
  /** By port, then by the `X-Version` of the answer; `none` when it had no such header. */
  readonly versions: Record<Service, Record<string, Seen>>
  readonly posts: Posts
  readonly websocket: Tunnels
  readonly marks: readonly Mark[]
}

/** What the schedule asked for and the generator did not do: anything here weakens a proof. */
export type Behind = {
  /** Requests never started, because too many were still in flight. */
  readonly skipped: number
  /** The latest that a request was started after it was due. */
  readonly maxLagMs: number
}

/** `sent` = `ok` + `failed` + `inFlight`, always. */
export type Count = {
  readonly sent: number
  readonly ok: number
  readonly failed: number
  readonly inFlight: number
}

/** Latencies are those of successes; a failure's is in its example. */
export type KindReport = Count & {
  /** Connections used for the first time; `sent` minus these were reuses. */
  readonly connections: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly longestGapMs: number
}

export type FailureReport = {
  readonly kind: Kind
  /** `ECONNRESET`, `reset-on-reuse`, `timeout`, `status 503`, `short-body`, `wrong-body` … */
  readonly reason: string
  readonly count: number
  /** When each was noticed; the first 1000. */
  readonly instants: readonly number[]
  /** The first 5, in full. */
  readonly examples: readonly Example[]
}

export type Example = {
  readonly service: Service
  /** Method and path, and for a POST its reference. */
  readonly request: string
  readonly started: number
  readonly ended: number
  /** How long its connection had been idle before; null on a new connection. */
  readonly idleMs: number | null
  readonly version: string | null
  readonly detail: string
}

/** One version of one service: when the requests that it answered began, and when they ended. */
export type Seen = {
  readonly count: number
  readonly firstStarted: number
  readonly lastStarted: number
  readonly firstEnded: number
  readonly lastEnded: number
}

/**
 * References are `<prefix>-1` … `<prefix>-<sent>`. Those in neither list were acknowledged
 * with a 201; only the exceptions are listed, so that the report of a long run stays small.
 */
export type Posts = {
  readonly prefix: string
  readonly sent: number
  /** Failed: whether they were stored is not known. */
  readonly unknown: readonly string[]
  readonly inFlight: readonly string[]
}

export type Tunnels = {
  /** Tunnels that the server closed, in whatever way: announced at a drain, so not a failure. */
  readonly closed: number
  /** By close code; 1006 is an end without a closing handshake. */
  readonly codes: Readonly<Record<string, number>>
  /** Messages that were caught by a close and sent again through the next tunnel. */
  readonly resent: number
}

export type Mark = { readonly label: string; readonly at: number }
