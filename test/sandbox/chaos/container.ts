import { attempt, commandFailed } from '../../../lib/base/shell.ts'
import { dockerList } from '../docker.ts'
import type { EnvironmentName } from '../root.ts'

/** What Docker itself says of a container. */
export interface Found {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly running: boolean
  /** Of its first process, as this machine numbers it; 0 when it does not run. */
  readonly pid: number
  readonly startedAt: string
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly State: { readonly Running: boolean; readonly Pid: number; readonly StartedAt: string }
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
}

/** Every container of an environment, one-off ones included. */
export async function containersOf(name: EnvironmentName): Promise<Found[]> {
  const ofProject = `--filter=label=com.docker.compose.project=tracehub-${name}`
  const ids = await dockerList('ps', '--all', '--quiet', '--no-trunc', ofProject)
  if (ids.length === 0) return []
  const command = ['docker', 'inspect', ...ids]
  const ran = await attempt(command)
  // One that a run has removed meanwhile is left out: docker says so, and prints the others.
  if (!ran.ok && !/no such (object|container)/i.test(ran.stderr)) throw commandFailed(command, ran)
  return (JSON.parse(ran.stdout) as Inspected[]) // docker's own format
    .map(({ Id, Name, State, Config }) => ({
      id: Id,
      name: Name.slice(1),
      service: Config.Labels['com.docker.compose.service'] ?? '',
      running: State.Running && State.Pid > 0, // while it waits to be started again, Docker calls it running
      pid: State.Pid,
      startedAt: State.StartedAt,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The running container of a service of production. */
export async function runningOf(service: string): Promise<Found | undefined> {
  return (await containersOf('production')).find(found => found.service === service && found.running)
}
