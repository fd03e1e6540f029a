import { attempt, commandFailed, run } from '../../base/shell.ts'
import { listImages } from '../../docker/engine-api.ts'
import { parseBytes } from '../status/usage.ts'

/** An image on this machine, whoever's it is. */
export interface HostImage {
  readonly id: string
  /** Every name that leads to it: `repository:tag`, `repository@sha256:…`. */
  readonly references: readonly string[]
  /** What it takes on the disk, as `docker images` shows it: in three digits. */
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
  /** Where it was started: the directory of its compose file. */
  readonly directory: string
  /** Started by `docker compose run`. */
  readonly isOneOff: boolean
  readonly status: string
  /** When it last stopped, in ms since 1970. */
  readonly stoppedAt: number
}

/**
 * The size of each image, also without a name. The engine is asked: the CLI's list is for people. Version 29 leaves out
 * what has no name unless it is asked for all (docker/cli 6574), and 28 with containerd's store, whatever it is asked,
 * what was pulled by its digest.
 */
async function imageSizes(): Promise<Map<string, number>> {
  const listed = await listImages()
  if (listed) return listed
  const list = ['docker', 'images', '--all', '--no-trunc', '--format', '{{.ID}} {{.Size}}']
  const sizes = new Map<string, number>() // one image has a line for each of its tags
  for (const line of (await run(list)).split('\n')) {
    const [id = '', size = ''] = line.split(' ')
    if (id !== '') sizes.set(id, parseBytes(size))
  }
  return sizes
}

export async function hostImages(): Promise<HostImage[]> {
  const sizes = await imageSizes()
  const images = await inspected<{
    Id: string
    Parent?: string
    RepoTags: string[] | null
    RepoDigests: string[] | null
    Size: number
    Config: { Labels: Record<string, string> | null } | null
  }>('image', [...sizes.keys()])
  const parents = new Set(images.map(({ Parent }) => Parent))
  return images
    .map(image => ({
      id: image.Id,
      // In containerd's store a digest may be a tag as well.
      references: [...new Set([...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])])].filter(
        name => !name.includes('<none>'),
      ),
      // In containerd's store, `inspect` has the size of what was downloaded, not of what it takes here.
      bytes: sizes.get(image.Id) || image.Size,
      labels: image.Config?.Labels ?? {},
    }))
    .filter(({ id, references }) => references.length > 0 || !parents.has(id)) // else a step of another one's build
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
      ...{ directory: label('project.working_dir'), stoppedAt: Date.parse(State.FinishedAt) },
    }
  })
}

/** The projects that have a database's volume here, whether or not a container of theirs is left. */
export async function projectsWithData(): Promise<string[]> {
  const words = ['--filter', 'label=com.docker.compose.volume=db-data']
  const format = '{{.Label "com.docker.compose.project"}}'
  return (await run(['docker', 'volume', 'ls', ...words, '--format', format]))
    .split('\n')
    .filter(name => name !== '')
}

/** So many ids at once: the words of one command have 128 KiB in all (execve(2), MAX_ARG_STRLEN; zx uses a shell). */
const atOnce = 1000

async function inspected<T>(kind: 'image' | 'container', ids: readonly string[]): Promise<T[]> {
  const wanted = ids.filter(id => id !== '')
  const found: T[] = []
  for (let start = 0; start < wanted.length; start += atOnce) {
    const command = ['docker', kind, 'inspect', ...wanted.slice(start, start + atOnce)]
    // Not `run`: something may be removed between the two commands; inspect still prints the others.
    const ran = await attempt(command)
    if (!ran.stdout.startsWith('[')) throw commandFailed(command, ran)
    found.push(...(JSON.parse(ran.stdout) as T[])) // Docker Engine API
  }
  return found
}
