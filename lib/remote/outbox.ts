import { openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** So many bytes are kept for the last words of a run whose disk is full: what it rolls back, and its exit code. */
const reserved = 64 * 1024
/** Disks give room in pieces of this size. */
const page = 4096

/**
 * What a script says to its client: whole lines of a file, in their order. Saying never fails. What finds no room on the
 * disk waits in memory for the next line, and of a reserve that was set aside at the start so much is given up for it as
 * it needs: what is free, whoever writes next may take.
 */
export class Outbox {
  readonly #reserve: string
  readonly #descriptor: number
  #waiting = Buffer.alloc(0)
  #left = reserved

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
    while (!this.#write() && this.#giveUp());
  }

  /** @returns whether there was anything to give. */
  #giveUp(): boolean {
    if (this.#left === 0) return false
    this.#left = Math.max(0, this.#left - page * Math.ceil(this.#waiting.length / page))
    try {
      truncateSync(this.#reserve, this.#left)
      return true
    } catch {
      return false // it was full at the start: there is none
    }
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
