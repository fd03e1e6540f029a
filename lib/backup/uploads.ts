import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { bytes, count } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { backupDirectory, listBackups } from './list.ts'
import { type Manifest, stamp, uploadsOf, writeManifest } from './manifest.ts'
import { demandRoom, keptFree } from './room.ts'
import { copyTree } from './tree.ts'

export const liveUploads = (environment: Environment): string => join(environment.directory, 'uploads')

/** How a rollback names the uploads that it has restored and not put in place yet. */
export const restoredUploads = (environment: Environment): string => `${liveUploads(environment)}_restored_`

/** The uploads that were live together with the database `<name>_before_<at>`. */
export const keptUploads = (environment: Environment, at: string): string =>
  `${liveUploads(environment)}_before_${at}`

/**
 * Copies `uploads/` beside a backup and notes it in its manifest. Files that have not changed since the last copy
 * are hard links to it. It is made after the database's snapshot: an app that stores a file before it mentions it in
 * the database finds every file that the backup mentions.
 */
export async function copyUploads(site: Site, manifest: Manifest, step: Step): Promise<Manifest> {
  const { environment, project, run } = site
  const backups = backupDirectory(environment)
  const kept = await keptFree(project)
  const name = uploadsOf(manifest.file)
  const partial = join(backups, `${name}.partial`)
  const previous = listBackups(environment).find(backup => backup.manifest?.uploads)?.manifest?.uploads
  rmSync(partial, { recursive: true, force: true })
  const copied = await copyTree(liveUploads(environment), partial, {
    previous: previous && join(backups, previous.directory),
    signal: run.signal,
    room: size => demandRoom(backups, size + kept),
    progress: text => step.progress(text),
  }).catch((error: unknown) => {
    rmSync(partial, { recursive: true, force: true })
    throw error
  })
  renameSync(partial, join(backups, name))
  const next = { ...manifest, uploads: { directory: name, files: copied.files, bytes: copied.bytes } }
  writeManifest(backups, next)
  step.note(`${count(copied.files, 'file')}, ${bytes(copied.bytes)}, ${copied.linked} of them unchanged`)
  return next
}

/** Copies a backup's uploads beside the live ones. @returns the directory, to be swapped in. */
export async function restoreUploads(
  site: Site,
  { directory, bytes }: NonNullable<Manifest['uploads']>,
): Promise<string> {
  const { environment, run } = site
  const next = `${restoredUploads(environment)}${stamp(new Date())}`
  const from = join(backupDirectory(environment), directory)
  if (!existsSync(from)) throw new Failure({ what: `${from}, the uploads of that backup, is not here` })
  await demandRoom(environment.directory, bytes)
  run.undo('Remove the restored uploads', async () => rmSync(next, { recursive: true, force: true }))
  await copyTree(from, next, { signal: run.signal }) // copies, no links: the app may write into them
  return next
}

/**
 * Puts the restored uploads in the live ones' place, which are kept. Only while no backend runs: it holds the old directory.
 * @param at the stamp of the database that was replaced with them, by which the way back finds them
 */
export function replaceUploads({ environment, run }: Site, next: string, at: string): string {
  const kept = keptUploads(environment, at)
  run.undo('Put the uploads back', async step => {
    if (!swapUploads(environment, { next, kept, forward: false })) step.skip('they are as they were')
  })
  run.fact({ kind: 'swapping-uploads', next, kept })
  if (!swapUploads(environment, { next, kept, forward: true }))
    throw new Failure({ what: `${next}, the uploads that were to take the place, is not here` })
  return kept
}

/**
 * Uploads follow their database: both are the restored ones, or both are those before. What a run that was killed has
 * moved already stays; an empty directory may have been made in its place since.
 * @returns whether anything was moved.
 */
export function swapUploads(
  environment: Environment,
  { next, kept, forward }: { next: string; kept: string; forward: boolean },
): boolean {
  const live = liveUploads(environment)
  const [from, aside] = forward ? [next, kept] : [kept, next]
  if (!existsSync(from)) return false
  if (existsSync(live) && !existsSync(aside)) renameSync(live, aside)
  renameSync(from, live)
  return true
}
