import type { RunEvent } from '../run/events.ts'
import { Run } from '../run/run.ts'
import type { Listener } from '../run/run-log.ts'
import type { Step } from '../run/step.ts'

/** A file gets a line about a long step as often as this (ms). */
const heartbeat = 15_000

/**
 * What happens before a script runs on the VPS. Its steps are shown with the run's own, should the script be one
 * that makes a run; a list or a table is not disturbed by them. A long copy shows its progress meanwhile.
 */
export class Preparation {
  readonly #events: RunEvent[] = []
  readonly #run = new Run({ write: event => this.#write({ at: Date.now(), ...event } as RunEvent) }) // one of them, with its time
  #title = ''
  #said = Date.now()

  step<T>(title: string, act: (step: Step) => Promise<T>): Promise<T> {
    return this.#run.step(title, act).finally(() => {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    })
  }

  /** Shows the steps, once. */
  replay(to: Listener): void {
    for (const event of this.#events.splice(0)) to(event)
  }

  #write(event: RunEvent): void {
    if (event.type === 'step-started') this.#title = event.title
    if (event.type === 'progress') this.#show(event.text)
    // Below the numbers of the run's own steps.
    else this.#events.push('step' in event ? { ...event, step: event.step - 1000 } : event)
  }

  #show(text: string): void {
    if (process.stderr.isTTY)
      process.stderr.write(`\r\x1b[K  ${this.#title}  ${text}`.slice(0, process.stderr.columns || 80))
    else if (Date.now() - this.#said > heartbeat) {
      this.#said = Date.now()
      process.stderr.write(`  … ${this.#title}: ${text}\n`)
    }
  }
}
