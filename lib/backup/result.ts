import { commandOf } from '../base/command-text.ts'
import { exitCodes, Failure, problemOf } from '../base/failure.ts'
import { bytes, columns, count, duration } from '../base/text.ts'
import { showRevision } from '../database/database.ts'
import type { Environment } from '../environment/environment.ts'
import type { Result } from '../run/events.ts'
import { totalOf } from './content.ts'
import { type Backup, isFromFuture, isVerified } from './list.ts'
import type { Manifest } from './manifest.ts'
import type { Source } from './source.ts'

const proofs = {
  content: 'every row is equal',
  rows: 'as many rows in each table',
  restore: 'it is restorable',
}

/** What a backup holds. */
export function backupRows({ file, bytes: size, schema, rows, uploads, verifiedBy }: Manifest): Result {
  return [
    ['backup', `backups/${file}, ${bytes(size)}`],
    ['schema', showRevision(schema)],
    ['content', `${count(totalOf(rows), 'row')} in ${count(Object.keys(rows).length, 'table')}`],
    ...(uploads
      ? [['uploads', `backups/${uploads.directory}, ${count(uploads.files, 'file')}`] as const]
      : []),
    ['verified', verifiedBy ? `yes: ${proofs[verifiedBy]}` : 'no (--verify does it)'],
  ]
}

/** What is live now, what was kept, and the one command that undoes it all. */
export function replacedRows(
  environment: Environment,
  { name, at, schema }: Source,
  done: { kept: string | null; keptUploads: string | undefined; ms: number | undefined },
): Result {
  const undo = `${commandOf('rollback', environment.name)} -t database --back-to ${done.kept}`
  return [
    ['database', `${name}${at === undefined ? '' : `, from ${new Date(at).toISOString()}`}`],
    ['schema', showRevision(schema)],
    ...(done.ms === undefined ? [] : [['users were away', duration(done.ms)] as const]),
    ...(done.keptUploads ? [['uploads before', done.keptUploads] as const] : []),
    ...(done.kept ? [['replaced', `kept as ${done.kept}`] as const, ['to undo it', undo] as const] : []),
  ]
}

/** All backups, newest first, for a person. */
export function backupTable(backups: readonly Backup[], now: number): string {
  if (backups.length === 0) return 'no backups yet'
  const rows = backups.map(backup => {
    const { name, at, manifest } = backup
    return [
      name,
      isFromFuture(backup, now) ? 'in the future' : `${duration(Math.max(0, now - at))} ago`,
      bytes(backup.bytes),
      manifest ? (manifest.schema ?? 'empty') : '?',
      manifest?.release === undefined ? '-' : `${manifest.release} ${manifest.tag}`,
      manifest?.uploads ? String(manifest.uploads.files) : '-',
      manifest?.reason ?? '-',
      isVerified(backup) ? `verified by ${manifest?.verifiedBy}` : manifest ? 'not verified' : 'no manifest',
    ]
  })
  return columns([['backup', 'age', 'size', 'schema', 'release', 'uploads', 'why', 'proof'], ...rows])
}

/**
 * Does what comes after a dump that is complete. When it fails the backup is here all the same, without what was to be
 * done: the message says both, and the exit code is not the one that says that nothing was changed.
 * @param lacking how the sentence goes on: `NOT offsite`
 * @param next what a person does about it, once the cause is fixed
 */
export async function elseLacking<T>(
  { file, verifiedBy }: Manifest,
  { lacking, next }: { lacking: string; next: string },
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const { what, detail, fix } = problemOf(error)
    throw new Failure(
      {
        what: `backups/${file} is here, ${verifiedBy ? 'verified' : 'complete'}, but ${lacking}: ${what}`,
        detail,
        fix: [fix, next].filter(line => line !== undefined).join('\n'),
      },
      exitCodes.needsPerson,
      error,
    )
  }
}
