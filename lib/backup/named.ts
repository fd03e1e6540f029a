import { resolve } from 'node:path'
import { UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import { backupDirectory, fromThePast, listBackups } from './list.ts'

/** The file that `--from-backup` names: a path, or an environment's newest. @throws UsageError where there is none. */
export function backupFile(given: string, environment: Environment | undefined): string {
  if (given !== 'latest') return resolve(given)
  if (environment === undefined)
    throw new UsageError('--from-backup latest needs an environment', 'add -e <name>')
  const [newest] = fromThePast(listBackups(environment), Date.now())
  if (newest) return newest.file
  throw new UsageError(`there is no backup in ${shown(backupDirectory(environment))}`, 'give one by its path')
}
