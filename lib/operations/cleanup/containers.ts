import { stampedAt } from '../../backup/manifest.ts'
import { type Colour, otherColour, parts } from '../../environment/environment.ts'
import { span } from '../status/words.ts'
import type { Candidate } from './candidate.ts'
import type { HostContainer } from './host.ts'

const stopped = new Set(['exited', 'created', 'dead'])

/**
 * Containers of this project that only take room: the colour that users left longer ago than the window (ms), and
 * one-off ones that have ended. Nothing that runs, and nothing of the colour that users are on.
 */
export function containersToRemove(
  containers: readonly HostContainer[],
  options: { project: string; live: Colour | null; window: number; now: number },
): Candidate[] {
  const { project, live, window, now } = options
  const old = live === null ? [] : parts.map(part => `${part}-${otherColour(live)}`)
  return containers
    .filter(container => container.project === project && stopped.has(container.status))
    .flatMap(({ id, name, service, isOneOff, stoppedAt }): Candidate[] => {
      if (isOneOff) return [{ kind: 'container', name, bytes: 0, why: 'has done its one command', id }]
      if (!old.includes(service) || now - stoppedAt <= window) return []
      return [{ kind: 'container', name, bytes: 0, why: `users left it ${span(now - stoppedAt)} ago`, id }]
    })
}

/** Names and sizes, as a psql answer `name|bytes` a line. */
export const listing =
  "select datname || '|' || pg_database_size(oid) from pg_database where not datistemplate order by datname"

export const parseDatabases = (text: string): { name: string; bytes: number }[] =>
  text
    .split('\n')
    .filter(line => line.includes('|'))
    .map(line => {
      const at = line.lastIndexOf('|')
      return { name: line.slice(0, at), bytes: Number(line.slice(at + 1)) }
    })

/**
 * The databases that a rollback has replaced, when their window (ms) is over, and scratch databases: under the lock,
 * the run that made one is dead. Their names are ours to the letter; the environment's own database never matches.
 */
export function databasesToDrop(
  databases: ReturnType<typeof parseDatabases>,
  options: { name: string; window: number; now: number },
): Candidate[] {
  const { name: own, window, now } = options
  return databases.flatMap(({ name, bytes }): Candidate[] => {
    const rest = name.startsWith(`${own}_`) ? name.slice(own.length) : ''
    if (rest.startsWith('_scratch_'))
      return [{ kind: 'database', name, bytes, why: 'scratch database of a run that is over', id: name }]
    if (!/^_before_\d{8}_\d{6}$/.test(rest)) return []
    const at = stampedAt(rest)
    if (at === undefined || now - at <= window) return []
    return [{ kind: 'database', name, bytes, why: `replaced by a rollback ${span(now - at)} ago`, id: name }]
  })
}
