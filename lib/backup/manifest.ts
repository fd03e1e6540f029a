import { basename, join } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { readIfThere, writeAtomically } from '../base/files.ts'
import { isCode } from '../base/system-errors.ts'
import { userName } from '../base/user.ts'
import type { Revision } from '../database/database.ts'
import type { Images } from '../environment/releases.ts'
import type { Written } from './digest.ts'

export type Reason = 'manual' | 'scheduled' | 'pre-deploy' | 'pre-rollback'

/** What stands beside a dump, in `backup_….json`. Times are milliseconds. */
export interface Manifest extends Written {
  /** The dump's name, beside this file. Its digest is of what lies there, compressed or not, as `sha256sum` prints it. */
  readonly file: string
  /** When the snapshot was taken, since 1970. */
  readonly at: number
  /** How long it took. */
  readonly ms: number
  readonly reason: Reason
  readonly run: string
  readonly who: string
  readonly database: string
  readonly databaseBytes: number
  readonly postgres: string
  readonly pgDump: string
  readonly schema: Revision
  /** What was live at the time. */
  readonly release?: number | undefined
  readonly tag?: string | undefined
  readonly images?: Images | undefined
  /** How many rows each table had, by its quoted name: `public.shipments`. */
  readonly rows: Readonly<Record<string, number>>
  /** What was in the tables, in the dump's own snapshot; only where the backup was to be verified at once. */
  readonly content?: Content | undefined
  /** The copy of `uploads/` that belongs to it: a directory beside this file. */
  readonly uploads?:
    | { readonly directory: string; readonly files: number; readonly bytes: number }
    | undefined
  /** When it was last verified by restoring it, since 1970, and by comparing what: nothing could be compared without a manifest. */
  readonly verifiedAt?: number | undefined
  readonly verifiedBy?: 'content' | 'rows' | 'restore' | undefined
}

/** A database's content in a few words: equal content has equal words, whatever the order of the rows. */
export interface Content {
  /** The sum of all rows' hashes, by the table's quoted name. */
  readonly tables: Readonly<Record<string, string>>
  /** Where each sequence stood before and after the dump: it is no part of the snapshot and moves meanwhile. */
  readonly sequences: Readonly<Record<string, readonly [before: string, after: string]>>
  /** For each kind of object in the schema, how many there are, and a hash of what they are. */
  readonly schema: Readonly<Record<string, string>>
}

/** Endings of dumps that can be restored: plain SQL, compressed or not, and pg_dump's custom format. */
const ending = /\.(sql|sql\.gz|sql\.zst|dump)$/

export const isDump = (name: string): boolean => ending.test(name)

/** A dump's name without what its compression adds: it stays the same backup when cleanup compresses it. */
export const stemOf = (file: string): string => basename(file).replace(ending, '')

/** `backup_20260103_120000`, UTC: the documented name. */
export function backupName(at: Date): string {
  return `backup_${stamp(at)}`
}

/** `20260103_120000`, UTC. */
export const stamp = (at: Date): string =>
  at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')

/** `uploads_20260103_120000`: the copy of the uploads that belongs to a dump, beside it. */
export const uploadsOf = (dump: string): string => stemOf(dump).replace(/^backup_/, 'uploads_')

/** The time in a name of ours, in ms since 1970. */
export function stampedAt(name: string): number | undefined {
  const form = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?!\d)/
  const [, year, month, day, hour, minute, second] = form.exec(name) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(at) ? undefined : at
}

export const manifestFile = (directory: string, dump: string): string =>
  join(directory, `${stemOf(dump)}.json`)

export function writeManifest(directory: string, manifest: Manifest): void {
  writeAtomically(
    manifestFile(directory, manifest.file),
    `${JSON.stringify({ v: 1, ...manifest }, null, 2)}\n`,
    0o600,
  )
}

/** The manifest of a dump; undefined where there is none, or it is not about this file. */
export function readManifest(directory: string, dump: string): Manifest | undefined {
  const manifest = parseManifest(textOf(manifestFile(directory, dump)))
  return manifest?.file === basename(dump) ? manifest : undefined
}

function textOf(file: string): string {
  try {
    return readIfThere(file) ?? ''
  } catch (error) {
    if (isCode(error, 'EACCES')) throw new Failure({ what: `${file} may not be read`, fix: asOwner(file) })
    throw error
  }
}

/** What to do about a file that somebody else has made, and may read. */
export const asOwner = (file: string): string =>
  `work as its owner, or: sudo chown ${userName()} ${quoted(file)}`

/**
 * A manifest from its text. What an older toolkit did not write has a harmless value; a damaged one is none. The names
 * in it lead nowhere but beside it, whoever wrote it: a far end is not trusted with what is removed or written here.
 */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value = JSON.parse(text) as (Partial<Manifest> & { v?: unknown }) | null
    const isWhole =
      (value?.v ?? 1) === 1 && // what a newer toolkit wrote may mean something else
      typeof value?.file === 'string' &&
      value.file === basename(value.file) &&
      /^[0-9a-f]{64}$/.test(value.sha256 ?? '') &&
      Number.isSafeInteger(value.bytes) &&
      Number.isFinite(value.at)
    if (!isWhole) return undefined
    const unknown = { ms: 0, who: '', database: '', databaseBytes: 0, postgres: '', pgDump: '', rows: {} }
    const { uploads, v: _, ...known } = value
    const own = uploadsOf(value.file ?? '')
    const ours = uploads?.directory === own && own.startsWith('uploads_') && { uploads }
    return { reason: 'manual', run: '', schema: null, ...unknown, ...known, ...ours } as Manifest // checked above
  } catch {
    return undefined
  }
}
