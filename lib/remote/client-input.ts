import { Readable } from 'node:stream'
import type { Frame } from './frames.ts'

/** Standard input as the person's terminal gives it, brought over the connection. */
export class ClientInput extends Readable {
  readonly isTTY: boolean
  isRaw = false
  readonly #say: (frame: Frame) => void
  #wanted = false
  /** Somebody waits for an answer: without this, nothing would keep the process from ending. */
  #waiting: NodeJS.Timeout | undefined

  constructor(isTTY: boolean, say: (frame: Frame) => void) {
    super()
    this.isTTY = isTTY
    this.#say = say
    this.on('pause', () => this.#want(false))
    this.on('resume', () => this.#want(true))
    this.on('end', () => this.#want(false))
  }

  override _read(): void {
    this.#want(true)
  }

  setRawMode(on: boolean): this {
    this.isRaw = on
    this.#say({ type: 'raw', on })
    return this
  }

  #want(on: boolean): void {
    if (this.#wanted === on) return
    this.#wanted = on
    this.#say({ type: 'reads', on })
    if (on) this.#waiting = setInterval(() => {}, 60_000)
    else clearInterval(this.#waiting)
  }

  // What a socket or a terminal has, and callers use.
  readonly ref = (): this => this
  readonly unref = (): this => this
}
