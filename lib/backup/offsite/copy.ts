import { isUtf8 } from 'node:buffer'
import { lstat, readdir } from 'node:fs/promises'
import { join, posix, relative } from 'node:path'
import { Failure } from '../../base/failure.ts'
import { bytes, count, shown } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { backupDirectory, listBackups } from '../list.ts'
import { type Manifest, stemOf } from '../manifest.ts'
import type { Offsite } from './address.ts'
import { atFarEnd, type FarEnd } from './far-end.ts'
import { send } from './send.ts'
import { pruneThere } from './stock.ts'

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
