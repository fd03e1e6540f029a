import { type Backup, listBackups } from '../../backup/list.ts'
import { columns, duration } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import { type Release, readReleases, shortDigest } from '../../environment/releases.ts'
import { type Holder, holderOf } from '../../run/lock.ts'
import { lastRuns, type RunSummary, resultWord } from './runs.ts'

/** What somebody wanted to bring live, and what became of it. Times are ms, `at` since 1970. */
export type HistoryEntry = Readonly<ReturnType<typeof entry>>

/** The last `count` attempts to bring something live, the newest first: those that failed, too. */
export function history(environment: Environment, count: number): HistoryEntry[] {
  return entries({
    runs: lastRuns(environment, count, ['deploy', 'rollback']),
    releases: readReleases(environment),
    backups: listBackups(environment),
    holder: holderOf(environment),
  }).slice(0, count)
}

export function entries(found: {
  readonly runs: readonly RunSummary[]
  readonly releases: readonly Release[]
  readonly backups: readonly Backup[]
  readonly holder: Holder | 'unknown' | undefined
}): HistoryEntry[] {
  const { runs, releases, backups, holder } = found
  const atWork = holder === undefined || holder === 'unknown' ? undefined : holder.run
  const logged = new Set(runs.map(({ run }) => run))
  const backupOf = (run: string): string | undefined =>
    backups.find(({ manifest }) => manifest?.run === run)?.name
  const fromRuns = runs.map(run => {
    const release = releases.findLast(one => one.run === run.run)
    const result = release?.kind === 'adopted' ? 'interrupted, kept' : resultWord(run, run.run === atWork)
    return entry(run, result, release, backupOf(run.run))
  })
  const unlogged = releases.filter(({ run }) => !logged.has(run))
  const fromRecords = unlogged.map(release => {
    const script = release.kind === 'rollback' ? 'rollback' : 'deploy'
    const { run, at, who } = release
    return entry({ run, at, who, script }, 'recorded', release, backupOf(run))
  })
  return [...fromRuns, ...fromRecords].sort((a, b) => b.at - a.at)
}

/** @param result done, failed, rolled back, needs a person, interrupted, at work; `recorded` where the run's log is gone */
function entry(
  attempt: Pick<RunSummary, 'run' | 'at' | 'who' | 'script'> & Partial<RunSummary>,
  result: string,
  release: Release | undefined,
  backup: string | undefined,
) {
  const { run, at, who, script, tag, images = release?.images, took, noticed } = attempt
  return {
    ...{ run, at, who, script, result },
    release: release?.release ?? null,
    tag: release?.tag ?? tag ?? null,
    backend: images?.backend ?? null,
    frontend: images?.frontend ?? null,
    schema: release?.schema ?? null,
    backup: release?.backup ?? backup ?? null,
    ms: took ?? null,
    requests: noticed ?? release?.requests ?? null,
  }
}

/** A line each, or two where the width does not hold one. */
export function historyTable(list: readonly HistoryEntry[], width: number): string {
  if (list.length === 0) return 'no releases yet'
  const short = list.map(one => [
    new Date(one.at).toISOString().slice(0, 16).replace('T', ' '),
    one.script,
    one.release === null ? '-' : String(one.release),
    one.tag ?? '-',
    one.result,
    one.ms === null ? '-' : duration(one.ms),
    one.who,
  ])
  const more = list.map(one => [
    one.backend ? shortDigest(one.backend) : '-',
    one.schema ?? '-',
    one.backup ?? '-',
    one.requests ? `${one.requests.failed} of ${one.requests.seen}` : '-',
  ])
  const heads = ['when (UTC)', 'what', 'release', 'tag', 'result', 'took', 'by']
  const moreHeads = ['digest', 'schema', 'backup', 'lost']
  const whole = columns([[...heads, ...moreHeads], ...short.map((row, i) => [...row, ...(more[i] ?? [])])])
  if (whole.split('\n').every(line => line.length <= width)) return whole
  const first = columns([heads, ...short]).split('\n')
  const second = columns([moreHeads, ...more]).split('\n')
  return first.flatMap((line, i) => [line, `    ${second[i]}`]).join('\n')
}
