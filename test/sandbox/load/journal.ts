import type { Count, Example, FailureReport, Mark, Report } from './report.ts'
import type { Kind, Service } from './settings.ts'
import { Gap, Sighting, Tally } from './tally.ts'

const MOST_EXAMPLES = 5
const MOST_INSTANTS = 1000

export type Failure = { readonly reason: string; readonly detail: string }

/** How one request ended. Each request that was begun ends here exactly once. */
export type Outcome = {
  readonly kind: Kind
  readonly service: Service
  readonly request: string
  readonly started: number
  readonly ended: number
  readonly latencyMs: number
  /** Null on a new connection, undefined where connections are not counted. */
  readonly idleMs: number | null | undefined
  /** Undefined when there was no answer at all. */
  readonly version: string | undefined
  readonly failure: Failure | undefined
}

type Failures = { kind: Kind; reason: string; count: number; instants: number[]; examples: Example[] }

/** The record of a run: only sums, so that a long run costs no more memory than a short one. */
export class Journal {
  readonly startedAt = Date.now()
  readonly closures = { closed: 0, codes: {} as Record<string, number>, resent: 0 }
  readonly marks: Mark[] = []
  readonly #tallies = new Map<Kind, Tally>()
  readonly #failures = new Map<string, Failures>()
  readonly #versions = { backend: new Map<string, Sighting>(), frontend: new Map<string, Sighting>() }
  readonly #gap = new Gap(this.startedAt)

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.#tallies.set(kind, new Tally(this.startedAt))
  }

  begin(kind: Kind): void {
    this.#tally(kind).sent++
  }

  end(outcome: Outcome): void {
    const tally = this.#tally(outcome.kind)
    if (outcome.idleMs === null) tally.connections++
    if (outcome.version !== undefined) this.#see(outcome, outcome.version)
    if (outcome.failure) {
      tally.failed++
      this.#fail(outcome, outcome.failure)
    } else {
      tally.success(outcome.ended, outcome.latencyMs)
      this.#gap.success(outcome.ended)
    }
  }

  tunnelClosed(code: number): void {
    this.closures.closed++
    this.closures.codes[code] = (this.closures.codes[code] ?? 0) + 1
  }

  totals(): Count {
    const sum = { sent: 0, ok: 0, failed: 0 }
    for (const { sent, ok, failed } of this.#tallies.values()) {
      sum.sent += sent
      sum.ok += ok
      sum.failed += failed
    }
    return { ...sum, inFlight: sum.sent - sum.ok - sum.failed }
  }

  /** Gaps are measured until here. */
  closeGaps(now: number): void {
    for (const gap of this.#gaps()) gap.close(now)
  }

  report(now: number): Pick<Report, 'kinds' | 'failures' | 'versions' | 'longestGapMs' | 'longestGapAt'> {
    for (const gap of this.#gaps()) gap.measure(now)
    const seen = (service: Service) =>
      Object.fromEntries(
        [...this.#versions[service]].map(([version, sighting]) => [version, sighting.report()]),
      )
    return {
      longestGapMs: this.#gap.ms,
      longestGapAt: this.#gap.at,
      kinds: Object.fromEntries([...this.#tallies].map(([kind, tally]) => [kind, tally.report()])),
      failures: [...this.#failures.values()] satisfies FailureReport[],
      versions: { backend: seen('backend'), frontend: seen('frontend') },
    }
  }

  #gaps(): Gap[] {
    return [this.#gap, ...[...this.#tallies.values()].map(tally => tally.gap)]
  }

  #tally(kind: Kind): Tally {
    const tally = this.#tallies.get(kind)
    if (!tally) throw new Error(`${kind} is not part of this load`)
    return tally
  }

  #see({ service, started, ended }: Outcome, version: string): void {
    const seen = this.#versions[service]
    const sighting = seen.get(version) ?? new Sighting()
    seen.set(version, sighting)
    sighting.add(started, ended)
  }

  #fail(outcome: Outcome, { reason, detail }: Failure): void {
    const { kind, service, request, started, ended } = outcome
    const key = `${kind} ${reason}`
    const failures = this.#failures.get(key) ?? { kind, reason, count: 0, instants: [], examples: [] }
    this.#failures.set(key, failures)
    failures.count++
    if (failures.instants.length < MOST_INSTANTS) failures.instants.push(ended)
    if (failures.examples.length >= MOST_EXAMPLES) return
    const [idleMs, version] = [outcome.idleMs ?? null, outcome.version ?? null]
    failures.examples.push({ service, request, started, ended, idleMs, version, detail })
  }
}
