import { attempt, commandFailed, run } from '../shell.ts'

/** An image on this machine, whoever's it is. */
export interface HostImage {
  readonly id: string
  /** Every name that leads to it: `repository:tag`, `repository@sha256:…`. */
  readonly references: readonly string[]
  readonly bytes: number
  readonly labels: Readonly<Record<string, string>>
}

/** A container on this machine, whoever's it is. */
export interface HostContainer {
  readonly id: string
  readonly name: string
  /** The id of its image. */
  readonly image: string
  readonly project: string
  readonly service: string
  /** Started by `docker compose run`. */
  readonly isOneOff: boolean
  readonly status: string
  /** When it last stopped, in ms since 1970. */
  readonly stoppedAt: number
}

export async function hostImages(): Promise<HostImage[]> {
  const ids = [...new Set((await run(['docker', 'images', '--quiet', '--no-trunc'])).split('\n'))]
  const images = await inspected<{
    Id: string
    RepoTags: string[] | null
    RepoDigests: string[] | null
    Size: number
    Config: { Labels: Record<string, string> | null } | null
  }>('image', ids)
  return images.map(image => ({
    id: image.Id,
    references: [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].filter(
      name => !name.includes('<none>'),
    ),
    bytes: image.Size,
    labels: image.Config?.Labels ?? {},
  }))
}

export async function hostContainers(): Promise<HostContainer[]> {
  const ids = (await run(['docker', 'ps', '--all', '--quiet', '--no-trunc'])).split('\n')
  const containers = await inspected<{
    Id: string
    Name: string
    Image: string
    Config: { Labels: Record<string, string> | null }
    State: { Status: string; FinishedAt: string }
  }>('container', ids)
  return containers.map(({ Id, Name, Image, Config, State }) => {
    const label = (name: string): string => Config.Labels?.[`com.docker.compose.${name}`] ?? ''
    return {
      ...{ id: Id, name: Name.replace(/^\//, ''), image: Image, status: State.Status },
      ...{ project: label('project'), service: label('service'), isOneOff: label('oneoff') === 'True' },
      stoppedAt: Date.parse(State.FinishedAt),
    }
  })
}

async function inspected<T>(kind: 'image' | 'container', ids: readonly string[]): Promise<T[]> {
  const wanted = ids.filter(id => id !== '')
  if (wanted.length === 0) return []
  const command = ['docker', kind, 'inspect', ...wanted]
  // Not `run`: something may be removed between the two commands; inspect still prints the others.
  const ran = await attempt(command)
  if (!ran.stdout.startsWith('[')) throw commandFailed(command, ran)
  return JSON.parse(ran.stdout) as T[] // Docker Engine API
}
