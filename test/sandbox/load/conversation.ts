import type { ChildProcess } from 'node:child_process'
import type { Report } from './report.ts'

/** What the generator's process can be asked. */
export type Wish =
  | { readonly want: 'report' | 'stop' }
  | { readonly want: 'mark'; readonly label: string; readonly at: number }

export type Ask = Wish & { readonly id: number }

/** Each ask is answered with its id and a report; id 0 comes unasked, when the load has begun. */
export type Answer = { readonly id: number; readonly report: Report }

type Waiting = { readonly resolve: (report: Report) => void; readonly reject: (error: Error) => void }

/** Questions and answers over IPC. When the process is gone, every open question fails. */
export class Conversation {
  readonly begun: Promise<Report>
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #over: Error | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', ({ id, report }: Answer) => {
      this.#waiting.get(id)?.resolve(report)
      this.#forget(id)
    })
    child.once('exit', (code, signal) => this.#end(new Error(`the load generator ended: ${signal ?? code}`)))
    child.once('error', error => this.#end(error))
    this.begun = this.#answerTo(0)
  }

  ask(wish: Wish): Promise<Report> {
    const id = ++this.#lastId
    const answer = this.#answerTo(id)
    if (!this.#over) this.#child.send({ ...wish, id } satisfies Ask, error => error && this.#end(error))
    return answer
  }

  #answerTo(id: number): Promise<Report> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#over)
      this.#waiting.set(id, { resolve, reject })
      this.#child.ref()
      this.#child.channel?.ref()
    })
  }

  /** A test that failed before it stopped its load must still end, and with it the load. */
  #forget(id: number): void {
    this.#waiting.delete(id)
    if (this.#waiting.size > 0) return
    this.#child.unref()
    this.#child.channel?.unref()
  }

  #end(error: Error): void {
    this.#over = error
    for (const [id, { reject }] of this.#waiting) {
      reject(error)
      this.#forget(id)
    }
  }
}
