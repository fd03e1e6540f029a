import { type FileHandle, open } from 'node:fs/promises'
import { notThere } from '../base/system-errors.ts'
import { bytes, duration } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import { blockSizeFor, type Digest, Digester } from './digest.ts'

/** So many bytes are sent to the disk at once. */
const piece = 64 * 1024 * 1024
/** How long the end of the file is waited at before it is looked at again, in ms. */
const pause = 50

/**
 * Reads a file while it is being written from its front to its back, takes its digest, and sends it to the disk piece
 * by piece: when its last byte has come, little is left to do.
 */
export class GrowingDigest {
  readonly #file: string
  readonly #digester: Digester
  readonly #reading: Promise<void>
  #state: 'growing' | 'complete' | 'given up' = 'growing'

  /** @param expected about how many bytes it will have; `say` is told now and then how far it is */
  constructor(file: string, expected: number, say: (text: string) => void = () => {}) {
    this.#file = file
    this.#digester = new Digester(blockSizeFor(expected))
    this.#reading = this.#read(expected, say)
    this.#reading.catch(() => {}) // `finish` throws it
  }

  /** The file is complete: reads what is left of it, and waits until all of it is on the disk. */
  async finish(): Promise<Digest> {
    this.#state = 'complete'
    await this.#reading
    return this.#digester.digest()
  }

  /** Nobody wants it any more. */
  giveUp(): void {
    this.#state = 'given up'
  }

  async #read(expected: number, say: (text: string) => void): Promise<void> {
    const handle = await this.#open()
    if (!handle) return
    let syncing = Promise.resolve()
    const started = performance.now()
    const timer = setInterval(() => {
      const { bytes } = this.#digester
      if (bytes > 0) say(growth(bytes, expected, performance.now() - started))
    }, 500)
    try {
      const buffer = Buffer.allocUnsafe(1024 * 1024)
      let sent = 0
      while (this.#state !== 'given up') {
        const isComplete = this.#state === 'complete' // before the look: what it did not see is still to come
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#digester.bytes)
        this.#digester.update(buffer.subarray(0, bytesRead))
        if (this.#digester.bytes - sent >= piece) {
          await syncing
          sent = this.#digester.bytes
          syncing = handle.datasync()
          syncing.catch(() => {}) // it is thrown where it is waited for
        }
        if (bytesRead > 0) continue
        if (isComplete) break
        await sleep(pause)
      }
      await syncing
      if (this.#state === 'complete') await handle.sync()
    } finally {
      clearInterval(timer)
      await syncing.catch(() => {}) // it was thrown, or what is thrown came before
      await handle.close()
    }
  }

  /** Waits until the file is there. */
  async #open(): Promise<FileHandle | undefined> {
    while (this.#state !== 'given up') {
      const isComplete = this.#state === 'complete' // before the look: it does not come any more
      const handle = await open(this.#file, 'r').catch(isComplete ? undefined : notThere())
      if (handle) return handle
      await sleep(pause)
    }
    return undefined
  }
}

/** `412.0 MiB of about 2.1 GiB · 180.0 MiB/s · 9.2 s left` */
export function growth(size: number, expected: number, ms: number): string {
  const rate = size / (ms / 1000)
  const said = `${bytes(size)}${size < expected ? ` of about ${bytes(expected)}` : ''} · ${bytes(Math.round(rate))}/s`
  return size < expected ? `${said} · ${duration(((expected - size) / rate) * 1000)} left` : said
}
