import type { Behind } from './report.ts'

/** Something to be done at a steady rate; `start` says false when it could not be started. */
export type Stream = { readonly perSecond: number; readonly start: () => boolean }

const TICK_MS = 4

/**
 * An open loop: what is due is started whether or not earlier requests were answered, as users
 * do, so that a server's pause shows as latency and not as a silently lower rate.
 */
export class Pace {
  #skipped = 0
  #maxLagMs = 0
  readonly #begun = performance.now()
  readonly #streams: { readonly stream: Stream; started: number }[]
  readonly #ticker: NodeJS.Timeout

  constructor(streams: readonly Stream[]) {
    this.#streams = streams.map(stream => ({ stream, started: 0 }))
    // Sockets are read before a setImmediate runs; see pause.ts for why that matters.
    this.#ticker = setInterval(() => setImmediate(() => this.#tick()), TICK_MS)
  }

  stop(): void {
    this.#streams.length = 0
    clearInterval(this.#ticker)
  }

  behind(): Behind {
    return { skipped: this.#skipped, maxLagMs: this.#maxLagMs }
  }

  #tick(): void {
    const elapsed = performance.now() - this.#begun
    for (const entry of this.#streams) {
      const { perSecond, start } = entry.stream
      const due = Math.floor((elapsed * perSecond) / 1000)
      if (entry.started >= due) continue
      this.#maxLagMs = Math.max(this.#maxLagMs, elapsed - ((entry.started + 1) * 1000) / perSecond)
      for (; entry.started < due; entry.started++) if (!start()) this.#skipped++
    }
  }
}
