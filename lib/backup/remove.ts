import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../environment/environment.ts'
import { type Backup, backupDirectory } from './list.ts'
import { manifestFile } from './manifest.ts'

/**
 * Removes a backup with all that belongs to it: the dump first, so that nothing half is ever taken for whole, then
 * its manifest and its copy of the uploads. Files that other copies share stay with those.
 */
export function removeBackup(environment: Environment, backup: Backup): void {
  const directory = backupDirectory(environment)
  rmSync(backup.file, { force: true })
  const uploads = backup.manifest?.uploads?.directory
  if (backup.manifest) rmSync(manifestFile(directory, backup.name), { force: true })
  if (uploads !== undefined) rmSync(join(directory, uploads), { recursive: true, force: true })
}
