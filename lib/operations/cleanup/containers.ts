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
