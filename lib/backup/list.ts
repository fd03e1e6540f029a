import { rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure, type Problem, UsageError } from '../base/failure.ts'
import { namesIn } from '../base/files.ts'
import { isCode } from '../base/system-errors.ts'
import { shown } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import { isDump, type Manifest, manifestFile, readManifest, stampedAt } from './manifest.ts'

/** A file in `backups/` that can be restored, with what is known of it. */
export type Backup = Readonly<ReturnType<typeof listBackups>[number]>

export const backupDirectory = (environment: Environment): string => join(environment.directory, 'backups')

/** Every backup of an environment, with or without a manifest, newest first. */
export function listBackups(environment: Environment) {
  const directory = backupDirectory(environment)
  return namesIn(directory)
    .filter(isDump)
    .flatMap(name => {
      const file = join(directory, name)
      const found = statSync(file, { throwIfNoEntry: false })
      if (!found?.isFile()) return []
      const manifest = readManifest(directory, name)
      // In ms since 1970: by its manifest, else its name, else the file's own time.
      const at = manifest?.at ?? stampedAt(name) ?? found.mtimeMs
      return [{ name, file, bytes: found.size, at, manifest }]
    })
    .sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1))
}

/** The backup that a manifest is about. */
export const backupOf = (environment: Environment, manifest: Manifest): Backup => ({
  name: manifest.file,
  file: join(backupDirectory(environment), manifest.file),
  bytes: manifest.bytes,
  at: manifest.at,
  manifest,
})

/** How much two clocks may differ before a time is wrong, in ms. */
const slack = 5 * 60_000

/**
 * Whether a backup says that it is from a time which has not come: some clock was, or is, wrong. As the newest of all
 * it would be chosen for ever, and hide that no other was made since; so it counts for nothing until somebody has looked.
 */
export const isFromFuture = ({ at }: Pick<Backup, 'at'>, now: number): boolean => at > now + slack

/** Those whose time has come, in their order. */
export const fromThePast = (backups: readonly Backup[], now: number): Backup[] =>
  backups.filter(backup => !isFromFuture(backup, now))

/** What to say of one from the future, wherever it was passed over. */
export const futureProblem = (backup: Backup): Problem => ({
  what: `${backup.name} says it is from ${new Date(backup.at).toISOString()}, which has not come: it is never chosen by itself`,
  fix: `timedatectl shows this machine's clock; -b backups/${backup.name} restores it all the same`,
})

/** Whether a backup was verified by restoring it, and is still as long as it was then. */
export const isVerified = ({ manifest, bytes }: Backup): boolean =>
  manifest?.verifiedAt !== undefined && manifest.bytes === bytes

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

/** Where a backup that a person names is: as they see it, or in the environment's directory, or in its `backups/`. */
export function findGiven(environment: Environment, given: string): string {
  const below = [environment.directory, backupDirectory(environment)].map(place => join(place, given))
  const found = [resolve(given), ...below].find(isThere)
  if (found) return found
  throw new UsageError(`there is no file ${shown(given)}`, 'backup.ts --list shows the backups')
}

/** A file that may not be looked at is there, too: whoever reads it says so. */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return isCode(error, 'EACCES')
  }
}

/**
 * The backup to return to unless told: the newest that was verified, else the newest with a manifest; never one from
 * the future.
 * @param now in ms since 1970
 */
export function newestToRestore(all: readonly Backup[], now: number): Backup {
  const backups = fromThePast(all, now)
  const newest = backups.find(isVerified) ?? backups.find(({ manifest }) => manifest) ?? backups[0]
  if (newest) return newest
  if (all[0]) throw new Failure(futureProblem(all[0]))
  throw new Failure({ what: 'there is no backup', fix: 'name one by its path: -b <file>' })
}

/** The file that `--from-backup` names: a path, or an environment's newest. @throws UsageError where there is none. */
export function backupFile(given: string, environment: Environment | undefined): string {
  if (given !== 'latest') return resolve(given)
  if (environment === undefined)
    throw new UsageError('--from-backup latest needs an environment', 'add -e <name>')
  const [newest] = fromThePast(listBackups(environment), Date.now())
  if (newest) return newest.file
  throw new UsageError(`there is no backup in ${shown(backupDirectory(environment))}`, 'give one by its path')
}
