import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** What tells whether a file is still as it was, and where it is not. */
export interface Digest {
  readonly sha256: string
  readonly bytes: number
  /** CRC-32 of each block of so many bytes, eight hexadecimal digits each. */
  readonly blocks: { readonly size: number; readonly crc32: string }
}

/** As it stands in a manifest; an older toolkit wrote no blocks. */
export type Written = Omit<Digest, 'blocks'> & Partial<Pick<Digest, 'blocks'>>

/** Takes the digest of bytes that come one after another. */
export class Digester {
  /** How many have come. */
  bytes = 0
  readonly #hash = createHash('sha256')
  readonly #blockSize: number
  readonly #blocks: string[] = []
  #block = 0

  constructor(blockSize: number) {
    this.#blockSize = blockSize
  }

  update(bytes: Buffer): void {
    this.#hash.update(bytes)
    for (let at = 0; at < bytes.length; ) {
      const filled = this.bytes % this.#blockSize
      const part = bytes.subarray(at, at + this.#blockSize - filled)
      this.#block = crc32(part, filled === 0 ? 0 : this.#block)
      at += part.length
      this.bytes += part.length
      if (this.bytes % this.#blockSize === 0) this.#endBlock()
    }
  }

  digest(): Digest {
    if (this.bytes % this.#blockSize > 0) this.#endBlock()
    const blocks = { size: this.#blockSize, crc32: this.#blocks.join('') }
    return { sha256: this.#hash.digest('hex'), bytes: this.bytes, blocks }
  }

  #endBlock(): void {
    this.#blocks.push(this.#block.toString(16).padStart(8, '0'))
  }
}

/**
 * Reads a file once, whatever its size in few mebibytes of memory.
 * @param then what it is to be compared with: blocks of another size could not be
 */
export async function digestOf(
  file: string,
  signal?: AbortSignal,
  then?: Pick<Written, 'blocks'>,
): Promise<Digest> {
  const { size = 0 } = then?.blocks ?? {} // what was written down may be no size
  const isSize = Number.isSafeInteger(size) && size >= 4096
  const digester = new Digester(isSize ? size : blockSizeFor((await stat(file)).size))
  for await (const bytes of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    signal?.throwIfAborted()
    digester.update(bytes)
  }
  return digester.digest()
}

/** At most some thousand blocks a file. @param length of the file, or what is expected, in bytes */
export function blockSizeFor(length: number): number {
  let size = 4096
  while (length / size > 4096) size *= 2
  return size
}

/** The first place at which a file is not what it was: a sentence, or undefined where it is the same. */
export function damage(then: Written, now: Digest): string | undefined {
  if (now.sha256 === then.sha256) return undefined
  const first = then.blocks && firstDifference(then.blocks.crc32, now.blocks.crc32)
  const size = then.blocks?.size ?? 0
  const isAligned = size === now.blocks.size
  if (now.bytes < then.bytes) return `it is cut off: it ends at byte ${now.bytes} of ${then.bytes}`
  if (now.bytes > then.bytes)
    return `it goes on after byte ${then.bytes}, where it ended: ${now.bytes} bytes now`
  if (!isAligned || first === undefined) return 'its content is not what was written'
  return `damaged between byte ${first * size} and byte ${Math.min((first + 1) * size, now.bytes) - 1}`
}

function firstDifference(a: string, b: string): number | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i += 8)
    if (a.slice(i, i + 8) !== b.slice(i, i + 8)) return i / 8
  return undefined
}
