import type { FoundContainer, FoundVolume, Surroundings } from '../../docker/surroundings.ts'
import { isPinned } from '../../environment/releases.ts'
import type { Claims, Seen } from './look.ts'

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
    return [stranger('volume', volume.name, about + ofProject(volume) + fate)]
  }
  const strayNetworks = networks.filter(
    network =>
      (network.project === project && !claims.networks.includes(network.key)) ||
      (network.project !== project && isNameOf(claims, network.name)),
  )
  return [
    ...seen.files.map(name => stranger('file', name)),
    ...seen.databases.map(([name, about]) => stranger('directory', name, about)),
    ...others.map(other => {
      const about = other.status + ofProject(other) + (other.directory && ` in ${other.directory}`)
      const isInTheWay = claims.containers.includes(other.name) || other.project === project
      return stranger('container', other.name, about, isInTheWay)
    }),
    ...(claims.volume === undefined ? [] : volumes.filter(isMeant).flatMap(database)),
    ...strayNetworks.map(network => {
      const about = ofProject(network).replace(/^, /, '')
      return stranger('network', network.name, about, isNameOf(claims, network.name))
    }),
  ]
}

const stranger = (kind: Stranger['kind'], name: string, about = '', isInTheWay = false): Stranger => ({
  ...{ kind, name, about, isInTheWay },
})

const ofProject = ({ project }: { readonly project: string }): string =>
  project === '' ? '' : `, of the project ${project}`

const isNameOf = ({ project, networks }: Claims, name: string): boolean =>
  networks.some(key => name === `${project}_${key}`)
