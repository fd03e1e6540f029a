import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { ask } from '../base/http.ts'

/**
 * Questions to the engine over its own socket (Docker Engine API): a hundredth of what a process of the docker CLI
 * costs, and a deploy asks which containers there are some forty times.
 */

const usual = '/var/run/docker.sock'
/** Milliseconds. An engine that hangs is the CLI's to wait for, in its own words. */
const patience = 5000

/** The socket that the docker CLI would use as well; undefined where it would go elsewhere (a host, a context). */
export function engineSocket(variables: Readonly<NodeJS.ProcessEnv> = process.env): string | undefined {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context, DOCKER_CONFIG: config } = variables
  if (host) return host.startsWith('unix:///') ? host.slice('unix://'.length) : undefined
  if (context && context !== 'default') return undefined
  return chosenContext(join(config || join(homedir(), '.docker'), 'config.json')) ? undefined : usual
}

/** Whether `docker context use` has chosen another one than the default; a file that cannot be read may say so. */
function chosenContext(file: string): boolean {
  try {
    const { currentContext } = JSON.parse(readFileSync(file, 'utf8')) as { currentContext?: string }
    return currentContext !== undefined && currentContext !== '' && currentContext !== 'default'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

/** The path that lists the containers, running or not, that have all of these labels (`name=value`). */
export const listPath = (labels: readonly string[]): string =>
  `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: labels }))}`

/**
 * The ids of the containers that have these labels, newest first.
 * @returns undefined where the engine cannot be asked this way: the CLI knows more ways, and says what is wrong.
 */
export async function listContainers(labels: readonly string[]): Promise<string[] | undefined> {
  const listed = await answer(listPath(labels))
  return Array.isArray(listed) ? (listed as { Id: string }[]).map(({ Id }) => Id) : undefined // ContainerList
}

/** The size of each image by its id, in bytes, also of those without a name. undefined likewise. */
export async function listImages(): Promise<Map<string, number> | undefined> {
  const listed = await answer('/images/json?all=1')
  if (!Array.isArray(listed)) return undefined
  return new Map((listed as { Id: string; Size: number }[]).map(({ Id, Size }) => [Id, Size])) // ImageSummary
}

/** What `docker inspect` prints of containers, as one JSON text; those that are gone are left out. undefined likewise. */
export async function inspectContainers(ids: readonly string[]): Promise<string | undefined> {
  const inspected = await Promise.all(ids.map(id => answer(`/containers/${id}/json`)))
  if (inspected.includes(undefined)) return undefined
  return JSON.stringify(inspected.filter(found => found !== gone))
}

const gone = Symbol('no such container')

async function answer(path: string): Promise<unknown> {
  const socket = engineSocket()
  if (socket === undefined) return undefined
  try {
    const { status, body } = await ask({ socket, path, host: 'docker' }, patience)
    return status === 200 ? JSON.parse(body) : status === 404 ? gone : undefined
  } catch (error) {
    if (error instanceof Failure || error instanceof SyntaxError) return undefined
    throw error
  }
}
