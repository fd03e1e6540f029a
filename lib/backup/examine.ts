import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Revision } from '../database.ts'
import { Failure, UsageError } from '../failure.ts'
import { isCode } from '../files.ts'
import type { Site } from '../site.ts'
import type { Step } from '../step.ts'
import { bytes, lastLines, shown } from '../text.ts'
import { checkMarker } from './check.ts'
import { damage, digestOf } from './digest.ts'
import { inDatabase, inside } from './inside.ts'
import { backupDirectory } from './list.ts'
import { asOwner, type Manifest, readManifest, stamp } from './manifest.ts'
import { demandRoom } from './space.ts'

/** What a file is, by its first bytes and not by its name. */
export type Format = 'sql' | 'gzip' | 'zstd' | 'custom'

/** A backup that can be read from its first byte to its last, and is what its manifest says. */
export interface Examined {
  /** Where it came from. */
  readonly file: string
  /** Its name in `backups/`, where the database's container sees it. */
  readonly name: string
  readonly format: Format
  readonly bytes: number
  readonly manifest: Manifest | undefined
  /** The schema's revision in it; undefined where that cannot be told without restoring. */
  readonly schema: Revision | undefined
}

/**
 * Reads a backup whole before anything is done with it: checksum, compression, both ends, and nothing in it that
 * psql would take for a command of its own.
 * @throws Failure that says what is wrong and at which byte; UsageError where there is no such file.
 */
export async function examine(site: Site, given: string, step: Step): Promise<Examined> {
  const { run } = site
  const file = resolve(given)
  const size = sizeOf(file)
  const format = formatOf(file)
  const manifest = readManifest(dirname(file), basename(file))
  if (manifest) {
    step.progress(`checksum of ${bytes(size)}`)
    const problem = damage(manifest, await digestOf(file, run.signal, manifest))
    if (problem !== undefined)
      throw bad(file, problem, 'restore an older backup; a copy of this one elsewhere may be whole')
  }
  if (format === 'sql') checkPlain(file)
  const name = await stage(site, file, size)
  step.progress(`reading ${bytes(size)}`)
  try {
    const schema =
      format === 'custom' ? await readCustom(site, file, name) : await readPlain(site, file, name, format)
    return { file, name, format, bytes: size, manifest, schema: manifest ? manifest.schema : schema }
  } catch (error) {
    removeStaged(site, name)
    throw error
  }
}

/** A file from elsewhere was copied to where the container sees it: the copy is of no more use. */
export function removeStaged({ environment }: Site, name: string): void {
  if (name.endsWith('.partial')) rmSync(join(backupDirectory(environment), name), { force: true })
}

const bad = (file: string, why: string, fix = 'choose another one: backup.ts --list shows them'): Failure =>
  new Failure({ what: `${basename(file)} cannot be restored: ${why}`, detail: file, fix })

function sizeOf(file: string): number {
  try {
    const found = statSync(file)
    if (found.isDirectory()) throw bad(file, 'it is a directory')
    if (!found.isFile()) throw bad(file, 'it is no file')
    if (found.size === 0) throw bad(file, 'it is empty')
    return found.size
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'))
      throw new UsageError(`there is no file ${shown(file)}`, 'backup.ts --list shows the backups')
    if (isCode(error, 'EACCES')) throw bad(file, 'it may not be read', asOwner(file))
    throw error
  }
}

/** RFC 1952, RFC 8878, and pg_dump's pg_backup_archiver.h. */
const magic: readonly (readonly [Format, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['custom', 'PGDMP'],
]

function formatOf(file: string): Format {
  const buffer = Buffer.alloc(8)
  try {
    const descriptor = openSync(file, 'r')
    readSync(descriptor, buffer, 0, buffer.length, 0)
    closeSync(descriptor)
  } catch (error) {
    if (isCode(error, 'EACCES', 'EPERM')) throw bad(file, 'it may not be read', asOwner(file))
    throw error
  }
  return magic.find(([, start]) => buffer.toString('latin1').startsWith(start))?.[0] ?? 'sql'
}

function checkPlain(file: string): void {
  try {
    checkMarker(file)
  } catch (error) {
    if (error instanceof Failure)
      throw bad(file, error.what.replace('the backup is not complete: ', 'it is not complete: '))
    throw error
  }
}

/** The container sees `backups/` alone: another file is copied there, under a name that the next run would remove. */
async function stage({ environment }: Site, file: string, size: number): Promise<string> {
  const directory = realpathSync(backupDirectory(environment))
  const real = realpathSync(file)
  if (dirname(real) === directory) return basename(real)
  await demandRoom(directory, size)
  const name = `incoming_${stamp(new Date())}.partial`
  copyFileSync(real, join(directory, name), constants.COPYFILE_FICLONE)
  return name
}

/** Lines that matter, with their byte offsets. In COPY data, `\N`, `\\` and `\.` and the escapes begin lines, too. */
const lines = String.raw`^\\[^.N\\bfnrtv]|^\\(un)?restrict |^-- PostgreSQL database dump complete|^COPY ([^ ]*\.)?alembic_version `

export const unpack = {
  sql: 'cat --',
  gzip: 'gzip -dc --',
  zstd: 'zstd -dcq --',
} as const

async function readPlain(
  { project, run }: Site,
  file: string,
  name: string,
  format: Exclude<Format, 'custom'>,
): Promise<Revision> {
  const command = `set -o pipefail; ${unpack[format]} "$1" | { LC_ALL=C grep -a -b -A 1 -E "$2" || true; } | { head -c 200000; cat >/dev/null; }`
  const ran = await inDatabase(project, ['bash', '-c', command, 'bash', inside(name), lines], {
    signal: run.signal,
    timeout: 60 * 60_000,
  })
  if (!ran.ok) throw bad(file, `it cannot be unpacked: ${lastLines(ran.stderr, 1)}`)
  const found = [...ran.stdout.matchAll(/^(\d+)([:-])(.*)$/gm)].map(([, at, sign, text = '']) => ({
    at: Number(at),
    isMatch: sign === ':',
    text,
  }))
  const isToken = (text: string): boolean => /^\\(un)?restrict /.test(text)
  const forPsql = found.find(({ isMatch, text }) => isMatch && text.startsWith('\\') && !isToken(text))
  if (forPsql)
    throw bad(
      file,
      `at byte ${forPsql.at} it has a command for psql, ${shown(forPsql.text)}, which could reach another database`,
      'dump one database, without --create',
    )
  if (!found.some(({ isMatch, text }) => isMatch && text.startsWith('-- PostgreSQL database dump complete')))
    throw bad(file, 'it is not complete: its end lacks "-- PostgreSQL database dump complete"')
  const tokens = found
    .filter(({ isMatch, text }) => isMatch && isToken(text))
    .map(({ text }) => text.split(' ')[1])
  if (tokens.length > 0 && (tokens.length !== 2 || tokens[0] !== tokens[1]))
    throw bad(file, String.raw`its \restrict and \unrestrict do not match`)
  const copy = found.findIndex(({ isMatch, text }) => isMatch && text.startsWith('COPY '))
  const row = found[copy + 1]?.text
  return copy === -1 || row === undefined || row === '\\.' ? null : row
}

async function readCustom({ project, run }: Site, file: string, name: string): Promise<Revision> {
  const options = { signal: run.signal, timeout: 60 * 60_000 }
  const whole = await inDatabase(project, ['pg_restore', '--file', '/dev/null', inside(name)], options)
  if (!whole.ok) throw bad(file, `pg_restore cannot read it: ${lastLines(whole.stderr, 1)}`)
  const words = ['pg_restore', '--data-only', '--table', 'alembic_version', '--file', '-', inside(name)]
  const { stdout } = await inDatabase(project, words, options)
  const row = /^COPY .*alembic_version .*\n(.*)$/m.exec(stdout)?.[1]
  return row === undefined || row === '\\.' ? null : row
}
