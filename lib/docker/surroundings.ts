import { attempt } from '../base/shell.ts'
import { question } from './question.ts'

/** Whose a thing on the engine is, as Compose's labels say it; empty where it is not Compose's. */
interface Labelled {
  readonly name: string
  readonly project: string
  /** Its name in the compose file. */
  readonly key: string
}

export interface FoundContainer extends Labelled {
  readonly image: string
  readonly status: string
  /** Where it was started. */
  readonly directory: string
  /** The names of the volumes that it has. */
  readonly volumes: readonly string[]
}

export interface FoundVolume extends Labelled {
  /** Where its files are, where that is on this machine. */
  readonly path: string
}

/** Everything on the engine that an environment could meet, whoever made it. */
export interface Surroundings {
  readonly containers: readonly FoundContainer[]
  readonly volumes: readonly FoundVolume[]
  readonly networks: readonly Labelled[]
}

type Labels = Readonly<Record<string, string>> | null

const labelled = (name: string, labels: Labels, kind: 'service' | 'volume' | 'network'): Labelled => ({
  name,
  project: labels?.['com.docker.compose.project'] ?? '',
  key: labels?.[`com.docker.compose.${kind}`] ?? '',
})

/** @returns undefined where no engine answers. @throws Failure where one hangs. */
export async function readSurroundings(): Promise<Surroundings | undefined> {
  const [containers, volumes, networks] = await Promise.all([
    inspected<{
      Name: string
      Config: { Image: string; Labels: Labels }
      State: { Status: string }
      Mounts: { Type: string; Name?: string }[]
    }>('container', ['--all', '--no-trunc']),
    inspected<{ Name: string; Labels: Labels; Mountpoint: string }>('volume'),
    inspected<{ Name: string; Labels: Labels }>('network', ['--no-trunc']),
  ])
  if (!containers || !volumes || !networks) return undefined
  return {
    containers: containers.map(({ Name, Config, State, Mounts }) => ({
      ...labelled(Name.replace(/^\//, ''), Config.Labels, 'service'),
      image: Config.Image,
      status: State.Status,
      directory: Config.Labels?.['com.docker.compose.project.working_dir'] ?? '',
      volumes: Mounts.flatMap(({ Type, Name: volume }) => (Type === 'volume' && volume ? [volume] : [])),
    })),
    volumes: volumes.map(({ Name, Labels, Mountpoint }) => ({
      ...labelled(Name, Labels, 'volume'),
      path: Mountpoint,
    })),
    networks: networks.map(({ Name, Labels }) => labelled(Name, Labels, 'network')),
  }
}

/** What the engine says of all that it has of a kind (Docker Engine API: ContainerInspect, VolumeInspect, NetworkInspect). */
async function inspected<T>(kind: string, options: readonly string[] = []): Promise<T[] | undefined> {
  const listed = await attempt(['docker', kind, 'ls', '--quiet', ...options], question)
  if (!listed.ok) return undefined
  const ids = listed.stdout.split('\n').filter(id => id !== '')
  if (ids.length === 0) return []
  const { stdout } = await attempt(['docker', kind, 'inspect', ...ids], question)
  return JSON.parse(stdout || '[]') as T[] // what was removed in between is not in it
}
