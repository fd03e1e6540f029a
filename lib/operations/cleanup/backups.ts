import { join } from 'node:path'
import type { Backup } from '../../backup/list.ts'
import { manifestFile } from '../../backup/manifest.ts'
import { backupsToRemove, type Retention } from '../../backup/retention.ts'
import { span } from '../status/words.ts'
import { type Candidate, ofFile } from './candidate.ts'
import { type FoundFile, shortPath } from './files.ts'

interface Known {
  readonly root: string
  /** What is in `backups/` itself. */
  readonly files: readonly FoundFile[]
  readonly backups: readonly Backup[]
  readonly now: number
}

/** A backup that is a link to somewhere else is nobody's to count or to remove. */
export function ownBackups(backups: readonly Backup[], files: readonly FoundFile[]): Backup[] {
  const real = new Set(files.map(({ path }) => path))
  return backups.filter(({ file }) => real.has(file))
}

/** Backups beyond the retention, each with its manifest and its copy of the uploads. */
export function oldBackups(
  { root, files, backups, now }: Known,
  retention: Retention,
  referred: Iterable<string>,
): Candidate[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  return backupsToRemove(ownBackups(backups, files), retention, referred, now).flatMap(backup => {
    const dump = byPath.get(backup.file)
    if (!dump) return []
    const beside = backup.manifest ? [byPath.get(manifestFile(join(root, 'backups'), backup.name))] : []
    const all = [dump, ...beside.filter(file => file !== undefined)]
    return [
      {
        kind: 'backup',
        name: shortPath(root, dump),
        bytes: all.reduce((sum, { bytes }) => sum + bytes, backup.manifest?.uploads?.bytes ?? 0),
        why: `${span(now - backup.at)} old, and newer ones are kept`,
        files: all,
        backup,
      },
    ]
  })
}

/** A plain dump that the toolkit made: what a person has put there stays as it is. */
const isPlain = /^backup_\d{8}_\d{6}\.sql$/

/** Plain dumps that are old enough to be compressed, and will stay. */
export function compressible(
  { root, files, backups, now }: Known,
  window: number,
  going: ReadonlySet<string>,
): Candidate[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  const twins = halfCompressed(backups)
  return backups
    .filter(({ name }) => isPlain.test(name) && !twins.has(name))
    .filter(({ file, at, bytes }) => !going.has(file) && now - at > window && bytes > 0)
    .flatMap(backup => {
      const file = byPath.get(backup.file) // a link is none
      if (!file) return []
      const bytes = Math.round(file.bytes * 0.8) // what plain SQL usually loses
      const why = `plain SQL, ${span(now - backup.at)} old`
      return [{ kind: 'compress', name: shortPath(root, file), bytes, why, backup }]
    })
}

/** Plain dumps whose compressed twin has taken over the manifest: the run that made the twin was killed then. */
export function halfCompressed(backups: readonly Backup[]): Set<string> {
  const taken = new Set(backups.flatMap(({ name, manifest }) => (manifest === undefined ? [] : [name])))
  return new Set(
    backups.map(({ name }) => name).filter(name => taken.has(`${name}.gz`) || taken.has(`${name}.zst`)),
  )
}

/** What killed runs left in `backups/`: halves of files, and dumps that were just compressed. */
export function halfDone({ root, files, backups }: Known): Candidate[] {
  const names = halfCompressed(backups)
  const twins = new Set(backups.filter(({ name }) => names.has(name)).map(({ file }) => file))
  return files
    .filter(({ path }) => path.endsWith('.partial') || twins.has(path))
    .map(file => {
      const why = twins.has(file.path) ? 'compressed already' : 'half a file of a run that was killed'
      return ofFile('leftover', root, file, why)
    })
}
