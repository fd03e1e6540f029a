import { createReadStream, statSync } from 'node:fs'
import { posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../../base/failure.ts'
import { bytes } from '../../base/text.ts'
import type { Step } from '../../run/step.ts'
import { digestOf } from '../digest.ts'
import { checksumThere, type FarEnd } from './far-end.ts'

/**
 * Sends a file; one that is there already as it is here does not travel again, and one that was cut off goes on where
 * it ended. It gets its name there when its checksum was compared.
 * @returns how many bytes had to be sent.
 */
export async function send(there: FarEnd, from: string, to: string, step: Step): Promise<number> {
  const { files } = there
  const { size } = statSync(from)
  const { sha256 } = await digestOf(from)
  const found = await files.stat(to).catch(() => undefined) // it is not there yet
  if (found?.size === size && (await checksumThere(there, to)) === sha256) return 0
  const partial = `${to}.partial`
  await files.mkdir(posix.dirname(to), true)
  const begun = (await files.stat(partial).catch(() => undefined))?.size ?? 0
  // What is there already may be of another file of that name: it is compared like the rest, below.
  const start = begun <= size ? begun : 0
  const append = start > 0
  const target = files.createWriteStream(partial, { flags: append ? 'r+' : 'w', mode: 0o600, start })
  let sent = start
  const source = createReadStream(from, { start })
  source.on('data', chunk => {
    sent += chunk.length
    step.progress(`${posix.basename(to)}, ${bytes(sent)} of ${bytes(size)}`)
  })
  await pipeline(source, target)
  const arrived = await checksumThere(there, partial)
  if (arrived !== sha256) {
    await files.delete(partial)
    if (append) return send(there, from, to, step) // it was no beginning of this file
    throw new Failure({
      what: `${posix.basename(to)} did not arrive as it is here`,
      detail: `sha256 here  ${sha256}\nsha256 there ${arrived}`,
      fix: "look at the disk there: df -h, and its kernel's log",
    })
  }
  await files.posixRename(partial, to)
  return size - start
}
