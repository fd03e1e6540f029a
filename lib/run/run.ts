import { Cancelled, type Problem, problemOf } from '../base/failure.ts'
import type { Images } from '../environment/releases.ts'
import type { Fact, Journal } from './events.ts'
import { done, type Ended, foreseenOrBug, stopped, takenBack } from './outcome.ts'
import { type Step, takeStep } from './step.ts'

/** Taking back is not to be stopped half-way. */
const never = new AbortController().signal

/**
 * A list of steps, with the way back. Each step that changes something names its undoing; when a later
 * step fails or somebody asks the run to stop, the undoings run in reverse order.
 */
export class Run {
  readonly #log: Journal
  readonly #undos: { readonly title: string; readonly act: (step: Step) => Promise<void> }[] = []
  readonly #stop = new AbortController()
  #steps = 0
  #undoing = false
  #kept = false
  #inherited: readonly Fact[] = []
  #leftBehind = false

  constructor(log: Journal) {
    this.#log = log
  }

  /** Aborted when somebody asks the run to stop. Long waits before the point of no return listen to it. */
  get signal(): AbortSignal {
    return this.#undoing || this.#kept ? never : this.#stop.signal
  }

  /** Asks the run to stop at the next safe place. Asking again changes nothing. */
  stop(by: string): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(new Cancelled(by))
  }

  /** @throws what `act` throws, or Cancelled when the run was asked to stop before. */
  async step<T>(title: string, act: (step: Step) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted()
    this.#steps += 1
    return takeStep(this.#log, { step: this.#steps, title }, act)
  }

  /** Registers how to roll back what the step that follows does. Say it before the first change. */
  undo(title: string, act: (step: Step) => Promise<void>): void {
    this.#undos.push({ title, act })
  }

  /** The point of no return: what was done stays, and the run goes on to its end, whoever asks it to stop. */
  keep(): void {
    this.#undos.length = 0
    this.#kept = true
  }

  note(text: string): void {
    this.#log.write({ type: 'note', text })
  }

  warn(problem: Problem): void {
    this.#log.write({ type: 'warning', problem })
  }

  /** Logs that something is being rolled back, and why: people are told, and an incident is recorded. */
  rollingBack(problem: Problem): void {
    this.#log.write({ type: 'taking-back', problem })
  }

  /** Logs what the run is to bring live. */
  setTarget({ release, tag, images }: { release: number | undefined; tag: string; images: Images }): void {
    this.#log.write({ type: 'target', release, tag, images })
  }

  /** Logs how things stand, for the record of an incident; the screen is spared. */
  evidence(what: string, text: string): void {
    this.#log.write({ type: 'evidence', what, text })
  }

  /** Logs what users noticed. */
  recordTraffic({ requests, errors }: { requests: number; errors: number }): void {
    this.#log.write({ type: 'traffic', seen: requests, failed: errors })
  }

  /** Logs what a repair would need to know, before it becomes true. */
  fact(fact: Fact): void {
    this.#log.write({ type: 'fact', fact })
  }

  /** Takes over what an interrupted run left to repair: should this run die, too, the next one knows. */
  inherit(facts: readonly Fact[]): void {
    this.#inherited = facts
    for (const fact of facts) this.fact(fact)
  }

  /** What was inherited is repaired. */
  settle(): void {
    this.#inherited = []
    this.fact({ kind: 'settled' })
  }

  /** Runs the procedure; if it fails, rolls back what was done. Never throws: a bug of ours is a problem, too. */
  async attempt(procedure: () => Promise<void>): Promise<Ended> {
    try {
      await procedure()
      return done
    } catch (error) {
      return await this.#takeBack(error)
    } finally {
      // What could not be rolled back is not settled: the next run tries again, from what is true then.
      if (this.#inherited.length === 0 && !this.#leftBehind) this.settle()
    }
  }

  async #takeBack(error: unknown): Promise<Ended> {
    if (this.#undos.length === 0) return stopped(error, { kept: this.#kept })
    const problem = foreseenOrBug(error)
    this.rollingBack(problem)
    this.#undoing = true
    const failed: Problem[] = []
    for (const { title, act } of this.#undos.toReversed()) {
      try {
        await this.step(title, act)
      } catch (undoError) {
        failed.push(problemOf(undoError))
      }
    }
    this.#leftBehind = failed.length > 0
    return takenBack(problem, failed)
  }
}
