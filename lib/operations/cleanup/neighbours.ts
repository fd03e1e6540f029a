import { readdirSync } from 'node:fs'
import { isCode } from '../../base/system-errors.ts'
import { readComposeState } from '../../environment/directory.ts'
import { colours, type Environment, parts } from '../../environment/environment.ts'
import { readReleases } from '../../environment/releases.ts'
import { lastRuns } from '../status/runs.ts'
import type { HostContainer } from './host.ts'

/**
 * Environments on this engine that are none of our settings': somebody has deployed them from another checkout. They
 * share our images' names, perhaps our very images. Compose labels a container with the directory it was started
 * in; there the same files lie as in ours.
 * @param ours the environments of our settings
 * @param left the projects of which a database's volume is left and no container: after `docker compose down`
 * @returns references of the images that they may want, and in words those of which nothing is known but that they are there
 */
export function neighboursOf(
  ours: readonly Environment[],
  containers: readonly HostContainer[],
  left: readonly string[],
): { needed: ReadonlySet<string>; unknown: readonly string[] } {
  const known = new Set(ours.map(({ project }) => project))
  const [one] = ours
  const found = new Map<string, string>()
  for (const { project, service, directory } of containers)
    if (!known.has(project) && isOfAColour(service)) found.set(project, directory)
  const gone = left.filter(project => !known.has(project) && containers.every(it => it.project !== project))
  const needed = new Set<string>()
  const unknown = gone.map(project => `${project}, of which only the volume is here`)
  for (const [project, directory] of found) {
    const images = one && imagesWanted({ ...one, name: project, project, directory })
    for (const image of images ?? []) needed.add(image)
    if (!images) unknown.push(`${project}, whose directory ${directory} cannot be read`)
  }
  return { needed, unknown }
}

const isOfAColour = (service: string): boolean =>
  parts.some(part => colours.some(colour => service === `${part}-${colour}`))

/** Every image that an environment's files name; undefined where they cannot be read. */
function imagesWanted(environment: Environment): string[] | undefined {
  try {
    readdirSync(environment.directory) // else a directory that is closed to us looks like one without releases
    return imagesNamed(environment)
  } catch (error) {
    if (isCode(error, 'EACCES', 'ENOENT', 'ENOTDIR', 'EPERM')) return undefined
    throw error
  }
}

/** Every image that an environment has had: by its releases, its colours, and its last runs, one at work included. */
export function imagesNamed(environment: Environment): string[] {
  const state = readComposeState(environment)
  return [
    ...readReleases(environment).map(({ images }) => images),
    ...lastRuns(environment, allRuns).map(({ images }) => images),
    ...colours.map(colour => state?.images[colour]),
  ].flatMap(images => Object.values(images ?? {}))
}

const allRuns = 1000
