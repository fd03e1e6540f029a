import { attempt } from '../base/shell.ts'
import { question } from './answers.ts'

/** Everything on the engine that an environment could meet, whoever made it. */
export type Surroundings = NonNullable<Awaited<ReturnType<typeof readSurroundings>>>
export type FoundContainer = Readonly<Surroundings['containers'][number]>
export type FoundVolume = Readonly<Surroundings['volumes'][number]>

type Labels = Readonly<Record<string, string>> | null

/** Whose a thing on the engine is, as Compose's labels say it; empty where it is not Compose's. */
const labelled = (name: string, labels: Labels, kind: 'service' | 'volume' | 'network') => ({
  name,
  project: labels?.['com.docker.compose.project'] ?? '',
  /** Its name in the compose file. */
  key: labels?.[`com.docker.compose.${kind}`] ?? '',
})

/** @returns undefined where no engine answers. @throws Failure where one hangs. */
export async function readSurroundings() {
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
      /** Where it was started. */
      directory: Config.Labels?.['com.docker.compose.project.working_dir'] ?? '',
      /** The names of the volumes that it has. */
      volumes: Mounts.flatMap(({ Type, Name: volume }) => (Type === 'volume' && volume ? [volume] : [])),
    })),
    volumes: volumes.map(({ Name, Labels, Mountpoint }) => ({
      ...labelled(Name, Labels, 'volume'),
      /** Where its files are, where that is on this machine. */
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
