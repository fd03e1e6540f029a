import { opendir } from 'node:fs/promises'
import { join, posix, relative } from 'node:path'
import type { Environment } from '../../environment.ts'
import type { Site } from '../../site.ts'
import type { Step } from '../../step.ts'
import { bytes, count } from '../../text.ts'
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

async function filesOf(directory: string, uploads: string | undefined): Promise<string[]> {
  if (uploads === undefined) return []
  const found: string[] = []
  for await (const entry of await opendir(join(directory, uploads), { recursive: true }))
    if (entry.isFile()) found.push(relative(directory, join(entry.parentPath, entry.name)))
  return found.sort()
}
