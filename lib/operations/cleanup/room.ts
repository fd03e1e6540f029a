import { attempt, run } from '../../base/shell.ts'
import { bytes, count, lastLines } from '../../base/text.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { disksOf } from '../status/disk.ts'
import { patience } from '../status/facts.ts'
import { parseBytes } from '../status/usage.ts'
import { percent, span } from '../status/words.ts'
import type { Candidate } from './candidate.ts'
import type { Wanted } from './survey.ts'

/** What `df` and `docker system df` say, in rows of name and words. */
export type Room = ReadonlyMap<string, string>

export async function roomOf(directory: string): Promise<Room> {
  const [disks, docker] = await Promise.all([disksOf(directory, patience), dockerRoom()])
  const free = disks.map(
    ({ holds, free, total }) => [`${holds}, free`, `${bytes(free)} (${percent(free / total)})`] as const,
  )
  return new Map([...free, ...docker])
}

/** Docker adds up the sizes of all volumes for this, which may take long: it is left out then. */
async function dockerRoom(): Promise<(readonly [string, string])[]> {
  const ran = await attempt(['docker', 'system', 'df', '--format', '{{json .}}'], { timeout: 60_000 }).catch(
    () => undefined, // it took too long
  )
  if (!ran?.ok) return []
  const lines = ran.stdout.split('\n').filter(line => line.startsWith('{'))
  return lines.map(line => {
    const { Type = '', Size = '', Reclaimable = '' } = JSON.parse(line) as Record<string, string | undefined>
    return [`docker ${Type.toLowerCase()}`, `${Size}${notInUse(Reclaimable)}`] as const
  })
}

/**
 * Docker adds up layers that images share in ways that do not fit: in containerd's store it may come to
 * `-3.9e+08B (-34%)` of the images. What is no size is left out.
 */
const notInUse = (reclaimable: string): string =>
  Number.isNaN(parseBytes(reclaimable.replace(/ \(\d+%\)$/, ''))) ? '' : `, ${reclaimable} not in use`

/** Before and after, and the same words once. */
export const compared = (before: Room, after: Room): (readonly [string, string])[] =>
  [...after].map(([name, now]) => {
    const then = before.get(name)
    return [name, then === undefined || then === now ? now : `${then} → ${now}`] as const
  })

const windowOf = ({ environment }: Site, { olderThan }: Wanted): number =>
  olderThan ?? environment.windows.logs

/**
 * The build cache that may go, as one thing. Docker knows when a piece was used last, and not whose it is: so it goes
 * only where that is asked for, and it is said that it is everybody's.
 */
export async function buildCacheCandidate(site: Site, wanted: Wanted): Promise<Candidate[]> {
  const window = windowOf(site, wanted)
  const command = ['docker', 'system', 'df', '--verbose', '--format', '{{json .BuildCache}}']
  const ran = await attempt(command, { timeout: 60_000 })
  const pieces = ran.ok ? unusedPieces(ran.stdout, Date.now() - window) : []
  if (pieces.length === 0) return []
  const why = `${count(pieces.length, 'piece')} not used for ${span(window)}, of all projects of this machine: Docker does not say whose they are`
  return [
    { kind: 'build cache', name: 'build cache', bytes: pieces.reduce((sum, size) => sum + size, 0), why },
  ]
}

/** The sizes of what nothing uses and nobody has used since `before`: of `docker system df`'s list in JSON. */
export function unusedPieces(json: string, before: number): number[] {
  const pieces = JSON.parse(json) as Record<string, string | undefined>[] | null // documented nowhere; all are texts
  return (pieces ?? []).flatMap(({ InUse, Shared, LastUsedAt, CreatedAt, Size = '' }) => {
    const used = timeOf(LastUsedAt || CreatedAt || '')
    return InUse === 'false' && Shared === 'false' && used <= before ? [parseBytes(Size)] : []
  })
}

/** `2026-01-03 14:30:00.123456789 +0000 UTC`, as Go prints it; NaN where it says nothing. */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\S+) ([\d:]+)(\.\d{1,3})?\d* ([+-]\d\d)(\d\d).*$/, '$1T$2$3$4:$5'))

/** `until` means "not used since" here (docker builder prune). */
export async function pruneBuildCache(site: Site, wanted: Wanted, step: Step): Promise<void> {
  const seconds = Math.ceil(windowOf(site, wanted) / 1000)
  const said = await run(['docker', 'builder', 'prune', '--force', '--filter', `until=${seconds}s`])
  const freed = parseBytes(/Total(?: reclaimed space)?:\s*(\S+)/.exec(said)?.[1] ?? '')
  step.note(Number.isNaN(freed) ? lastLines(said, 1) : `${bytes(freed)} freed`)
}
