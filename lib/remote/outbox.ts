import { openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** So many bytes are kept for the last words of a run whose disk is full: what it takes back, and its exit code. */
const reserved = 64 * 1024

/**
 * What a script says to its client: whole lines of a file, in their order. Saying never fails. What finds no room on the
 * disk waits in memory for the next line, and a reserve that was set aside at the start is given up for it.
 */
export class Outbox {
  readonly #reserve: string
  readonly #descriptor: number
  #waiting = Buffer.alloc(0)

  /** @throws the operating system's error where the session's directory does not let us begin. */
  constructor(directory: string) {
    this.#descriptor = openSync(join(directory, 'output.jsonl'), 'a', 0o600)
    this.#reserve = join(directory, 'reserve')
    try {
      writeFileSync(this.#reserve, Buffer.alloc(reserved, '.'), { mode: 0o600 })
    } catch {
      // It is full already: the run's own preflight says so, better than we could.
    }
  }

  readonly say = (frame: object): void => {
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(`${JSON.stringify(frame)}\n`)])
    if (this.#write()) return
    rmSync(this.#reserve, { force: true })
    this.#write()
  }

  /** @returns whether all of it is written; a write is cut short where the room ends. */
  #write(): boolean {
    try {
      while (this.#waiting.length > 0)
        this.#waiting = this.#waiting.subarray(writeSync(this.#descriptor, this.#waiting))
      return true
    } catch {
      return false
    }
  }

  /** After the last word: what nobody needs any more goes. */
  close(): void {
    rmSync(this.#reserve, { force: true })
    this.#write()
  }
}
