import { attempt, commandFailed, run } from '../../base/shell.ts'
import { question } from '../../docker/answers.ts'
import { listImages } from '../../docker/engine-api.ts'
import { parseBytes } from '../status/usage.ts'

/** An image on this machine, whoever's it is. */
export type HostImage = Readonly<Awaited<ReturnType<typeof hostImages>>[number]>
/** A container on this machine, whoever's it is. */
export type HostContainer = Readonly<Awaited<ReturnType<typeof hostContainers>>[number]>

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
  for (const line of (await run(list, question)).split('\n')) {
    const [id = '', size = ''] = line.split(' ')
    if (id !== '') sizes.set(id, parseBytes(size))
  }
  return sizes
}

export async function hostImages() {
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
      /** Every name that leads to it: `repository:tag`, `repository@sha256:…`; in containerd's store one may be both. */
      references: [...new Set([...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])])].filter(
        name => !name.includes('<none>'),
      ),
      /** What it takes on the disk; in containerd's store, `inspect` has the size of what was downloaded. */
      bytes: sizes.get(image.Id) || image.Size,
      labels: image.Config?.Labels ?? ({} as Readonly<Record<string, string>>),
    }))
    .filter(({ id, references }) => references.length > 0 || !parents.has(id)) // else a step of another one's build
}

export async function hostContainers() {
  const ids = (await run(['docker', 'ps', '--all', '--quiet', '--no-trunc'], question)).split('\n')
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
      ...{ id: Id, name: Name.replace(/^\//, ''), status: State.Status },
      ...{ project: label('project'), service: label('service') },
      /** The id of its image. */
      image: Image,
      /** Started by `docker compose run`. */
      isOneOff: label('oneoff') === 'True',
      /** Where it was started: the directory of its compose file. */
      directory: label('project.working_dir'),
      /** When it last stopped, in ms since 1970. */
      stoppedAt: Date.parse(State.FinishedAt),
    }
  })
}

/** The projects that have a database's volume here, whether or not a container of theirs is left. */
export async function projectsWithData(): Promise<string[]> {
  const words = ['--filter', 'label=com.docker.compose.volume=db-data']
  const format = '{{.Label "com.docker.compose.project"}}'
  return (await run(['docker', 'volume', 'ls', ...words, '--format', format], question))
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
    const ran = await attempt(command, question)
    if (!ran.stdout.startsWith('[')) throw commandFailed(command, ran)
    found.push(...(JSON.parse(ran.stdout) as T[])) // Docker Engine API
  }
  return found
}
