import { type Backup, isProved } from './list.ts'
import { stemOf } from './manifest.ts'

/** How many backups are kept: the newest, and the newest of each of so many days, weeks and months (UTC). */
export interface Retention {
  readonly last: number
  readonly daily?: number | undefined
  readonly weekly?: number | undefined
  readonly monthly?: number | undefined
}

/**
 * The backups that may go, oldest first. Never the newest proved one; never one that a kept release refers to; never
 * a file that the toolkit did not name (`backup_…`).
 * @param referred names of dumps that releases may want, whether or not they were compressed since
 */
export function backupsToRemove(
  backups: readonly Backup[],
  retention: Retention,
  referred: Iterable<string>,
): Backup[] {
  const ours = backups.filter(({ name }) => /^backup_\d{8}_\d{6}\./.test(name)).sort((a, b) => b.at - a.at)
  const kept = new Set(ours.slice(0, Math.max(1, retention.last)))
  keepOnePer(ours, dayOf, retention.daily, kept)
  keepOnePer(ours, weekOf, retention.weekly, kept)
  keepOnePer(ours, monthOf, retention.monthly, kept)
  const proved = ours.find(isProved)
  if (proved) kept.add(proved)
  const stems = new Set([...referred].map(stemOf))
  return ours.filter(backup => !kept.has(backup) && !stems.has(stemOf(backup.name))).reverse()
}

/** Keeps the newest backup of each of the last `count` periods that have one. */
function keepOnePer(
  newestFirst: readonly Backup[],
  periodOf: (at: number) => string | number,
  count: number | undefined,
  kept: Set<Backup>,
): void {
  const seen = new Set<string | number>()
  for (const backup of newestFirst) {
    const period = periodOf(backup.at)
    if (seen.has(period)) continue
    if (seen.size >= (count ?? 0)) return
    seen.add(period)
    kept.add(backup)
  }
}

const day = 24 * 60 * 60_000
const dayOf = (at: number): number => Math.floor(at / day)
/** Weeks begin on Monday; the first of January 1970 was a Thursday. */
const weekOf = (at: number): number => Math.floor((dayOf(at) + 3) / 7)
const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7)
