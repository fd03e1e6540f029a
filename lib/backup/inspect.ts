import { constants, copyFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Failure, UsageError } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { bytes, shown } from '../base/text.ts'
import type { Revision } from '../database/database.ts'
import type { Step } from '../run/step.ts'
import { damage, digestOf } from './digest.ts'
import { badFile, checkMarker, type Format, foreignFormat, formatIn, headOf } from './format.ts'
import { backupDirectory } from './list.ts'
import { asOwner, type Manifest, readManifest, stamp } from './manifest.ts'
import { readBackup } from './read.ts'
import type { Restoring } from './restoring.ts'
import { demandRoom } from './space.ts'
import { revisionIn, type Statements } from './statements.ts'

/** A backup that can be read from its first byte to its last, and is what its manifest says. */
export interface Examined {
  /** Where it came from. */
  readonly file: string
  /** Its name in `backups/`, where the database's container sees it. */
  readonly name: string
  readonly format: Format
  readonly bytes: number
  readonly manifest: Manifest | undefined
  readonly schema: Revision
  /** What stands in its SQL. */
  readonly statements: Statements
}

/**
 * Reads a backup whole before anything is done with it: format, checksum, compression, both ends, and nothing in it that
 * psql would take for a command of its own.
 * @param seenAs makes the file visible to the database's container, and returns its name there
 * @throws Failure that says what is wrong and at which byte; UsageError where there is no such file.
 */
export async function examine(
  site: Restoring,
  given: string,
  step: Pick<Step, 'progress'>,
  seenAs: typeof stage = stage,
): Promise<Examined> {
  const { run } = site
  const file = resolve(given)
  const size = sizeOf(file)
  const head = headOf(file)
  const foreign = foreignFormat(head, file, site.environment.database.name)
  if (foreign) throw badFile(file, `it is ${foreign.name}`, foreign.fix)
  const format = formatIn(head)
  const manifest = readManifest(dirname(file), basename(file))
  if (manifest) {
    step.progress(`checksum of ${bytes(size)}`)
    const problem = damage(manifest, await digestOf(file, run.signal, manifest))
    if (problem !== undefined)
      throw badFile(file, problem, 'restore an older backup; a copy of this one elsewhere may be whole')
  }
  if (format === 'sql') checkPlain(file)
  const name = await seenAs(site, file, size)
  step.progress(`reading ${bytes(size)}`)
  try {
    const statements = await readBackup(site, file, name, format)
    const schema = manifest ? manifest.schema : revisionIn(statements, site.environment.database)
    return { file, name, format, bytes: size, manifest, statements, schema }
  } catch (error) {
    removeStaged(site, name)
    throw error
  }
}

/** A file from elsewhere was copied to where the container sees it: the copy is of no more use. */
export function removeStaged({ environment }: Restoring, name: string): void {
  if (name.endsWith('.partial')) rmSync(join(backupDirectory(environment), name), { force: true })
}

function sizeOf(file: string): number {
  try {
    const found = statSync(file)
    if (found.isDirectory()) throw badFile(file, 'it is a directory')
    if (!found.isFile()) throw badFile(file, 'it is no file')
    if (found.size === 0) throw badFile(file, 'it is empty')
    return found.size
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'))
      throw new UsageError(`there is no file ${shown(file)}`, 'backup.ts --list shows the backups')
    if (isCode(error, 'EACCES')) throw badFile(file, 'it may not be read', asOwner(file))
    throw error
  }
}

function checkPlain(file: string): void {
  try {
    checkMarker(file)
  } catch (error) {
    if (error instanceof Failure)
      throw badFile(file, error.what.replace('the backup is not complete: ', 'it is not complete: '))
    throw error
  }
}

/** The container sees `backups/` alone: another file is copied there, under a name that the next run would remove. */
async function stage({ environment }: Restoring, file: string, size: number): Promise<string> {
  const directory = realpathSync(backupDirectory(environment))
  const real = realpathSync(file)
  if (dirname(real) === directory) return basename(real)
  await demandRoom(directory, size)
  const name = `incoming_${stamp(new Date())}.partial`
  copyFileSync(real, join(directory, name), constants.COPYFILE_FICLONE)
  return name
}
