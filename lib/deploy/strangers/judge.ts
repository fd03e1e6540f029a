import type { FoundContainer, FoundVolume, Surroundings } from '../../docker/surroundings.ts'
import type { Place } from '../../environment/environment.ts'
import { isPinned } from '../../environment/releases.ts'

/** What a place takes for its own. */
export interface Claims extends Pick<Place, 'project'> {
  /** Every path that leads to its directory. */
  readonly directories: readonly string[]
  /** The names that its containers get. */
  readonly containers: readonly string[]
  /** The services and networks of its compose file. */
  readonly services: readonly string[]
  readonly networks: readonly string[]
  /** The volume of its database; undefined where it has none. */
  readonly volume?: string | undefined
}

/** What was found in its directory. */
export interface Seen {
  /** Files that the toolkit did not write. */
  readonly files: readonly string[]
  /** Whether `.env` is the toolkit's: a deploy of ours has begun here. */
  readonly isBegun: boolean
  /** The compose projects that may have been run in it. */
  readonly projects: readonly string[]
  /** The directories in it that hold a database, and what of that is known. */
  readonly databases: readonly (readonly [directory: string, about: string])[]
}

/** Something that is here, and that the toolkit did not make. */
export interface Stranger {
  readonly kind: 'file' | 'directory' | 'container' | 'volume' | 'network'
  readonly name: string
  readonly about: string
  /** It has a name that the environment needs: there is no going on beside it. */
  readonly isInTheWay: boolean
}

/**
 * What a first deploy would meet, and is not its own.
 * @param contentOf what is known of the database in a volume; undefined where there is none
 */
export function strangersAmong(
  claims: Claims,
  seen: Seen,
  { containers, volumes, networks }: Surroundings,
  contentOf: (volume: FoundVolume) => string | undefined,
): Stranger[] {
  const { project, directories } = claims
  const isHere = ({ directory }: FoundContainer): boolean => directories.includes(directory)
  // Ours run images that are pinned; nobody types those into a compose file.
  const isOwn = (container: FoundContainer): boolean =>
    container.project === project &&
    isHere(container) &&
    claims.services.includes(container.key) &&
    isPinned(container.image)
  const own = containers.filter(isOwn)
  const others = containers.filter(
    container =>
      !isOwn(container) &&
      (claims.containers.includes(container.name) || container.project === project || isHere(container)),
  )
  const projects = [project, ...seen.projects, ...others.filter(isHere).map(other => other.project)]
  const uses = ({ name }: FoundVolume) => ({
    by: (some: readonly FoundContainer[]): boolean => some.some(one => one.volumes.includes(name)),
  })
  const isMeant = (volume: FoundVolume): boolean => {
    if (volume.name === claims.volume) return !seen.isBegun && !uses(volume).by(own)
    if (uses(volume).by(others)) return true
    return projects.includes(volume.project) && !uses(volume).by(containers)
  }
  const database = (volume: FoundVolume): Stranger[] => {
    const about = contentOf(volume)
    if (about === undefined) return []
    const fate = volume.name === claims.volume ? ', and would become its database' : ''
    return [{ kind: 'volume', name: volume.name, about: about + ofProject(volume) + fate, isInTheWay: false }]
  }
  const strayNetworks = networks.filter(
    network =>
      (network.project === project && !claims.networks.includes(network.key)) ||
      (network.project !== project && isNameOf(claims, network.name)),
  )
  return [
    ...seen.files.map(name => ({ kind: 'file' as const, name, about: '', isInTheWay: false })),
    ...seen.databases.map(([name, about]) => ({
      kind: 'directory' as const,
      name,
      about,
      isInTheWay: false,
    })),
    ...others.map(other => ({
      kind: 'container' as const,
      name: other.name,
      about: other.status + ofProject(other) + (other.directory && ` in ${other.directory}`),
      isInTheWay: claims.containers.includes(other.name) || other.project === project,
    })),
    ...(claims.volume === undefined ? [] : volumes.filter(isMeant).flatMap(database)),
    ...strayNetworks.map(network => ({
      kind: 'network' as const,
      name: network.name,
      about: ofProject(network).replace(/^, /, ''),
      isInTheWay: isNameOf(claims, network.name),
    })),
  ]
}

const ofProject = ({ project }: { readonly project: string }): string =>
  project === '' ? '' : `, of the project ${project}`

const isNameOf = ({ project, networks }: Claims, name: string): boolean =>
  networks.some(key => name === `${project}_${key}`)
