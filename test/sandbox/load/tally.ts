import { createHistogram } from 'node:perf_hooks'
import type { KindReport, Seen } from './report.ts'

/** The longest time between two successes, counting from the start of the load to its end. */
export class Gap {
  #since: number
  #closed = false
  ms = 0
  at: number

  constructor(now: number) {
    this.#since = now
    this.at = now
  }

  success(now: number): void {
    this.measure(now)
    this.#since = now
  }

  /** A gap that is still open counts too. */
  measure(now: number): void {
    if (this.#closed || now - this.#since <= this.ms) return
    this.ms = now - this.#since
    this.at = this.#since
  }

  /** After the load was told to stop, silence is what was wanted. */
  close(now: number): void {
    this.measure(now)
    this.#closed = true
  }
}

/** The counts of one kind of traffic. */
export class Tally {
  sent = 0
  ok = 0
  failed = 0
  connections = 0
  readonly gap: Gap
  // Whole microseconds, since a histogram holds integers; three digits are exact enough.
  readonly #latency = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 })

  constructor(now: number) {
    this.gap = new Gap(now)
  }

  success(now: number, latencyMs: number): void {
    this.ok++
    this.gap.success(now)
    this.#latency.record(Math.max(1, Math.round(latencyMs * 1000)))
  }

  report(): KindReport {
    const { sent, ok, failed, connections } = this
    const inFlight = sent - ok - failed
    const [p50Ms, p99Ms] = [this.#latency.percentile(50) / 1000, this.#latency.percentile(99) / 1000]
    const maxMs = this.#latency.max / 1000
    return { sent, ok, failed, inFlight, connections, p50Ms, p99Ms, maxMs, longestGapMs: this.gap.ms }
  }
}

/** When one version was seen; requests end in another order than they start. */
export class Sighting {
  #count = 0
  #firstStarted = Number.POSITIVE_INFINITY
  #lastStarted = 0
  #firstEnded = Number.POSITIVE_INFINITY
  #lastEnded = 0

  add(started: number, ended: number): void {
    this.#count++
    this.#firstStarted = Math.min(this.#firstStarted, started)
    this.#lastStarted = Math.max(this.#lastStarted, started)
    this.#firstEnded = Math.min(this.#firstEnded, ended)
    this.#lastEnded = Math.max(this.#lastEnded, ended)
  }

  report(): Seen {
    return {
      count: this.#count,
      firstStarted: this.#firstStarted,
      lastStarted: this.#lastStarted,
      firstEnded: this.#firstEnded,
      lastEnded: this.#lastEnded,
    }
  }
}
