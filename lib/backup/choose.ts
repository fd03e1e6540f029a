import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure, UsageError } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { shown } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import { type Backup, backupDirectory, fromThePast, futureProblem, isProved, listBackups } from './list.ts'

/** Where a backup that a person names is: as they see it, or in the environment's directory, or in its `backups/`. */
export function findGiven(environment: Environment, given: string): string {
  const places = [
    resolve(given),
    join(environment.directory, given),
    join(backupDirectory(environment), given),
  ]
  const found = places.find(isThere)
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
 * The backup to return to unless told: the newest that was proved, else the newest with a manifest; never one from
 * the future.
 * @param now in ms since 1970
 */
export function newestToRestore(all: readonly Backup[], now: number): Backup {
  const backups = fromThePast(all, now)
  const newest = backups.find(isProved) ?? backups.find(({ manifest }) => manifest) ?? backups[0]
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
