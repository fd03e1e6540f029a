import { type Backup, fromThePast, isVerified } from './list.ts'
import { stemOf } from './manifest.ts'

/**
 * How many backups are kept: the `last`, and the newest of each of so many days, weeks and months (UTC). Those
 * that were made before a deploy or a rollback do not count as `last`: of them, the newest `preDeploy`, as many unless
 * told.
 */
export type Retention = { readonly last: number } & { readonly [Of in Counted]?: number | undefined }
type Counted = 'preDeploy' | 'daily' | 'weekly' | 'monthly'

/**
 * The backups that may go, oldest first. Never the newest, nor the newest verified one; never one that a kept release
 * refers to; never a file that the toolkit did not name (`backup_…`). Those before deploys are counted by themselves: a
 * day of many deploys must not push the nightly ones out. One from the future is neither counted nor removed.
 * @param referred names of dumps that releases may want, whether or not they were compressed since
 * @param now in ms since 1970
 */
export function backupsToRemove(
  backups: readonly Backup[],
  retention: Retention,
  referred: Iterable<string>,
  now: number,
): Backup[] {
  const ours = fromThePast(backups, now)
    .filter(({ name }) => /^backup_\d{8}_\d{6}\./.test(name))
    .sort((a, b) => b.at - a.at)
  const lasting = ours.filter(backup => !isBeforeChange(backup))
  const kept = new Set([
    ...ours.slice(0, 1),
    ...lasting.slice(0, retention.last),
    ...ours.filter(isBeforeChange).slice(0, retention.preDeploy ?? retention.last),
  ])
  for (const pool of [ours, lasting]) {
    keepOnePer(pool, dayOf, retention.daily, kept)
    keepOnePer(pool, weekOf, retention.weekly, kept)
    keepOnePer(pool, monthOf, retention.monthly, kept)
  }
  const verified = ours.find(isVerified)
  if (verified) kept.add(verified)
  const stems = new Set([...referred].map(stemOf))
  return ours.filter(backup => !kept.has(backup) && !stems.has(stemOf(backup.name))).reverse()
}

const isBeforeChange = ({ manifest }: Backup): boolean =>
  manifest?.reason === 'pre-deploy' || manifest?.reason === 'pre-rollback'

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
