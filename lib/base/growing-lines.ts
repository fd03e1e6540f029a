import { existsSync, openSync, readSync } from 'node:fs'

/**
 * The whole lines of a file that grows, of which the last may be half-written; there may be no file yet.
 * @param from the byte to begin at
 * @returns what gives the lines that have come since it was called last, some at a time: nothing when there are no more
 */
export function growingLines(file: string, from = 0): () => Buffer {
  const chunk = Buffer.alloc(65_536)
  let [position, rest] = [from, Buffer.alloc(0)]
  let descriptor: number | undefined
  return () => {
    if (descriptor === undefined && existsSync(file)) descriptor = openSync(file, 'r')
    for (;;) {
      const read = descriptor === undefined ? 0 : readSync(descriptor, chunk, 0, chunk.length, position)
      if (read === 0) return Buffer.alloc(0)
      position += read
      const all = Buffer.concat([rest, chunk.subarray(0, read)])
      const end = all.lastIndexOf(0x0a) + 1
      rest = all.subarray(end)
      if (end > 0) return all.subarray(0, end)
    }
  }
}
