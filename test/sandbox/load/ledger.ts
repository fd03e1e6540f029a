import type { Posts } from './report.ts'

/** Which POSTs were sent and how each ended: only exceptions take memory. */
export class Ledger {
  readonly #prefix: string
  readonly #unknown: string[] = []
  readonly #inFlight = new Set<string>()
  #sent = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  next(): string {
    const reference = `${this.#prefix}-${++this.#sent}`
    this.#inFlight.add(reference)
    return reference
  }

  ended(reference: string, acknowledged: boolean): void {
    this.#inFlight.delete(reference)
    if (!acknowledged) this.#unknown.push(reference)
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  report(): Posts {
    return {
      prefix: this.#prefix,
      sent: this.#sent,
      unknown: [...this.#unknown],
      inFlight: [...this.#inFlight],
    }
  }
}
