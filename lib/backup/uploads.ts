import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bytes, count } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { backupDirectory, listBackups } from './list.ts'
import { type Manifest, uploadsOf, writeManifest } from './manifest.ts'
import { demandRoom, keptFree } from './space.ts'
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
