import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join, posix, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../../base/failure.ts'
import { bytes, count, shown } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { digestOf } from '../digest.ts'
import { backupDirectory, listBackups } from '../list.ts'
import { type Manifest, stemOf } from '../manifest.ts'
import type { Offsite } from './address.ts'
import { atFarEnd, checksumThere, type FarEnd, pruneThere } from './far-end.ts'

/**
 * Copies a recovery point: the dump and the uploads first, its manifest last, so that whatever has a manifest there
 * is whole. A copy that was interrupted goes on where it ended. Every file is read back and compared.
 * @throws Failure when anything of it is not there afterwards as it is here.
 */
export async function copyOffsite(
  { environment, run }: Site,
  manifest: Manifest,
  to: Offsite,
  step: Step,
): Promise<void> {
  const directory = backupDirectory(environment)
  const sum = { files: 0, bytes: 0 }
  await atFarEnd(to, async there => {
    await there.files.mkdir(there.directory, true)
    for (const point of [...(await unfinished(environment, there)), manifest]) {
      const uploads = await filesOf(directory, point.uploads?.directory)
      for (const name of [point.file, ...uploads, `${stemOf(point.file)}.json`]) {
        run.signal.throwIfAborted()
        sum.bytes += await send(there, join(directory, name), posix.join(there.directory, name), step)
        sum.files += 1
      }
    }
    await pruneThere(there, environment)
  })
  step.note(
    `${count(sum.files, 'file')} at ${to.destination.host}, ${bytes(sum.bytes)} sent, checksums compared`,
  )
}

/** Recovery points whose copy was begun and has no manifest yet. */
async function unfinished(environment: Environment, { files, directory }: FarEnd): Promise<Manifest[]> {
  const names = new Set((await files.list(directory)).map(({ name }) => name))
  return listBackups(environment).flatMap(({ name, manifest }) => {
    const isBegun = names.has(name) || names.has(`${name}.partial`)
    return manifest && isBegun && !names.has(`${stemOf(name)}.json`) ? [manifest] : []
  })
}

/** The files of a copy of the uploads, from `directory` on. @throws Failure for a name that is not UTF-8 */
export async function filesOf(directory: string, uploads: string | undefined): Promise<string[]> {
  if (uploads === undefined) return []
  const copy = join(directory, uploads)
  await demandUtf8(Buffer.from(copy))
  const found: string[] = []
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) found.push(relative(directory, join(entry.parentPath, entry.name)))
  return found.sort()
}

/** SFTP's client knows names as text alone: one that is none would arrive under another name, or not at all. */
async function demandUtf8(directory: Buffer): Promise<void> {
  for (const name of await readdir(directory, { encoding: 'buffer' })) {
    const path = Buffer.concat([directory, Buffer.from('/'), name])
    if (!isUtf8(name))
      throw new Failure({
        what: `${shown(path.toString())} has a name that is not UTF-8, so it cannot be copied to another machine`,
        fix: 'rename it in uploads/ (convmv -f latin1 -t utf8 -r --notest uploads), then make the backup again',
      })
    if ((await lstat(path)).isDirectory()) await demandUtf8(path)
  }
}

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
