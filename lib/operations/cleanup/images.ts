import { existsSync, readdirSync } from 'node:fs'
import { isCode } from '../../base/system-errors.ts'
import { buildRepository, projectLabel } from '../../docker/build.ts'
import { readComposeState } from '../../environment/directory.ts'
import { colours, type Environment, parts } from '../../environment/environment.ts'
import { imagesToKeep, readReleases } from '../../environment/releases.ts'
import { environmentNames, loadEnvironment } from '../../environment/settings.ts'
import { lastRuns } from '../status/runs.ts'
import type { Candidate } from './candidate.ts'
import { type HostContainer, type HostImage, projectsWithData } from './host.ts'

/** What must stay, and whose names are ours. */
export interface Claims {
  readonly project: string
  /** Names without tag: `ghcr.io/vibotaj/tracehub-backend`. */
  readonly repositories: readonly string[]
  /** References that a release, a colour or a run at work needs, of any environment. */
  readonly needed: ReadonlySet<string>
  /**
   * References that have been our environments', where somebody unknown may have images of these names: any other may
   * be theirs. Undefined where nobody is.
   */
  readonly own: ReadonlySet<string> | undefined
  /** Who that is, in words. */
  readonly unknown: readonly string[]
  /** Ids of the images of all containers of this machine, of any project, running or not. */
  readonly inUse: ReadonlySet<string>
  readonly isBuilding: (pid: string) => boolean
}

/**
 * The images of this project that nothing needs; what may be somebody else's stays. An image that is needed under one of its names keeps all of them,
 * and one that has a name of somebody else's loses ours alone.
 */
export function imagesToRemove(images: readonly HostImage[], claims: Claims): Candidate[] {
  const kind = 'image'
  return images.flatMap((image): Candidate[] => {
    if (claims.inUse.has(image.id) || image.references.some(name => claims.needed.has(name))) return []
    const isDangling = image.references.length === 0
    if (isDangling && image.labels[projectLabel] === claims.project)
      return [{ kind, name: image.id, names: [image.id], bytes: image.bytes, why: 'has no name any more' }]
    if (!mayBeJudged(image, claims)) return []
    const [name, ...others] = image.references.filter(reference => isOurs(reference, claims))
    if (name === undefined) return []
    const names = [name, ...others]
    const bytes = names.length === image.references.length ? image.bytes : 0
    return [{ kind, name, names, bytes, why: 'no container and no kept release needs it' }]
  })
}

/** Whether it is ours for certain: by our history, or because it was built here for us. */
const mayBeJudged = ({ references, labels }: HostImage, { own, project }: Claims): boolean =>
  own === undefined ||
  labels[projectLabel] === project ||
  references.some(name => own.has(name) || name.startsWith(`${buildRepository}:`))

function isOurs(reference: string, { repositories, isBuilding }: Claims): boolean {
  const [, repository = '', tag = ''] = /^(.*?)(?:@sha256:[0-9a-f]+|:([\w.-]+))$/.exec(reference) ?? []
  if (repository === buildRepository) return !isBuilding(tag)
  return repositories.includes(repository)
}

/**
 * What any environment on this machine may want to run: they share their images' names.
 * @param containers all of this machine; `going` those that are removed before
 */
export async function claimsOf(
  environment: Environment,
  containers: readonly HostContainer[],
  going: ReadonlySet<string> = new Set(),
): Promise<Claims> {
  const ours = await Promise.all((await environmentNames()).map(name => loadEnvironment(name)))
  const neighbours = neighboursOf(ours, containers, await projectsWithData())
  const needed = new Set(neighbours.needed)
  for (const one of ours) {
    const kept = imagesToKeep(readReleases(one), one.retention.releases)
    for (const image of [...kept, ...imagesAtWork(one, 5)]) needed.add(image)
  }
  return {
    project: environment.project,
    repositories: parts.map(part => environment.images[part]),
    needed,
    own: neighbours.unknown.length === 0 ? undefined : new Set(ours.flatMap(imagesNamed)),
    unknown: neighbours.unknown,
    inUse: new Set(containers.filter(({ id }) => !going.has(id)).map(({ image }) => image)),
    isBuilding: pid => existsSync(`/proc/${pid}`),
  }
}

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

/** Every image that an environment has had. */
const imagesNamed = (environment: Environment): string[] => [
  ...readReleases(environment).flatMap(({ images }) => Object.values(images)),
  ...imagesAtWork(environment, 1000),
]

/** The images of an environment's colours and last runs: what a run at work is about to start is in no release yet. */
function imagesAtWork(environment: Environment, runs: number): string[] {
  const state = readComposeState(environment)
  const ofColours = colours.map(colour => state?.images[colour])
  const ofRuns = lastRuns(environment, runs).map(({ images }) => images)
  return [...ofColours, ...ofRuns].flatMap(images => Object.values(images ?? {}))
}
