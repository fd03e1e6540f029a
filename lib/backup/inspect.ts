import { constants, copyFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { bytes, lastLines, shown } from '../base/text.ts'
import type { Step } from '../run/step.ts'
import { inDatabase, inside, type Restoring } from './container.ts'
import { damage, digestOf } from './digest.ts'
import { badFile, cutOff, type Format, foreignFormat, formatIn, partOf } from './format.ts'
import { backupDirectory } from './list.ts'
import { asOwner, readManifest, stamp } from './manifest.ts'
import { demandRoom } from './room.ts'
import { functions, parseStatements, printed, reader, revisionIn, type Statements } from './statements.ts'

/**
 * A backup that can be read from its first byte to its last, and is what its manifest says: the `file` where it came
 * from, its `name` in `backups/`, where the database's container sees it, and the `statements` that stand in its SQL.
 */
export type Examined = Readonly<Awaited<ReturnType<typeof examine>>>

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
) {
  const { run } = site
  const file = resolve(given)
  const { size, head } = lookAt(file)
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
  const cut = format === 'sql' ? cutOff(file, size) : undefined
  if (cut !== undefined) throw badFile(file, `it is not complete: ${cut}`)
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

function lookAt(file: string): { size: number; head: string } {
  try {
    const found = statSync(file)
    if (found.isDirectory()) throw badFile(file, 'it is a directory')
    if (!found.isFile()) throw badFile(file, 'it is no file')
    if (found.size === 0) throw badFile(file, 'it is empty')
    return { size: found.size, head: partOf(file) }
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'))
      throw new UsageError(`there is no file ${shown(file)}`, 'backup.ts --list shows the backups')
    if (isCode(error, 'EACCES', 'EPERM')) throw badFile(file, 'it may not be read', asOwner(file))
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

/**
 * Reads a backup's SQL from its first byte to its last.
 * @param file as it was given; `name` as the database's container sees it
 * @throws Failure that says why it cannot be restored.
 */
async function readBackup({ project, run }: Restoring, file: string, name: string, format: Format) {
  const read = `powerless perl -e "$2" '' '' '' >/dev/null`
  const command = `set -o pipefail; ${functions} file="$1"; exec 3>&1; { ${printed[format]}; } | ${read}`
  const words = ['bash', '-c', command, 'bash', inside(name), reader]
  const ran = await inDatabase(project, words, { signal: run.signal, timeout: 60 * 60_000 })
  if (!ran.ok) {
    const why = format === 'custom' ? 'pg_restore cannot read it' : 'it cannot be unpacked'
    throw badFile(file, `${why}: ${lastLines(ran.stderr, 1).replaceAll(name, basename(file))}`)
  }
  const found = parseStatements(ran.stdout)
  demandNoCommands(file, found)
  if (!found.isComplete)
    throw badFile(file, 'it is not complete: its end lacks "-- PostgreSQL database dump complete"')
  const { opened, closed } = found.tokens
  if (opened !== closed) throw badFile(file, String.raw`its \restrict and \unrestrict do not match`)
  return found
}

function demandNoCommands(file: string, { commands: [first] }: Statements): void {
  if (!first) return
  const isCreate = /^\\c(onnect)? /.test(first.text)
  throw badFile(
    file,
    `at byte ${first.at} it has a command for psql, ${shown(first.text)}, which could reach another database`,
    isCreate ? 'dump one database, without --create' : 'no pg_dump writes that: ask where the file is from',
  )
}
