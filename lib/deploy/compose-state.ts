import { pinTag } from '../database/lasting-services.ts'
import type { Container } from '../docker/containers.ts'
import { readComposeState, writeComposeState } from '../environment/directory.ts'
import { type Colour, type Part, parts } from '../environment/environment.ts'
import { type Images, type PinnedImage, pinned, readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import { setAside } from '../run/set-aside.ts'

/**
 * Writes a lost or damaged `.env` again, from the containers, the history and the proxy's map: without it, Compose would know neither the
 * live colour nor any image. @returns whether it was.
 */
export async function restoreComposeState(site: Site): Promise<boolean> {
  const { environment, project, proxy, run } = site
  if (readComposeState(environment)) return false
  const containers = await project.containers()
  const imageOf = (service: string): string | undefined =>
    containers.find(found => found.service === service)?.image
  const releases = readReleases(environment)
  const imagesIn = (colour: Colour): Images | undefined =>
    imagesOf(colour, containers) ?? releases.findLast(release => release.colour === colour)?.images
  const lasting = async (service: string, tag: string) => {
    const image = imageOf(service)
    return image === undefined ? pinTag(environment, tag) : { tag, image }
  }
  const state = {
    live: proxy.mapOnDisk(),
    images: { blue: imagesIn('blue'), green: imagesIn('green') },
    database: await lasting('db', environment.images.database),
    proxy: await lasting('proxy', environment.images.proxy),
  }
  setAside(run, environment, ['.env'], { stays: true })
  writeComposeState(environment, state)
  return true
}

/** What a colour's containers run, where both are there. */
function imagesOf(colour: Colour, containers: readonly Container[]): Images | undefined {
  const found = parts.flatMap((part): [Part, PinnedImage][] => {
    const container = containers.find(({ service }) => service === `${part}-${colour}`)
    return container ? [[part, pinned(container.image)]] : []
  })
  return found.length === parts.length ? (Object.fromEntries(found) as Images) : undefined // both parts are there
}
