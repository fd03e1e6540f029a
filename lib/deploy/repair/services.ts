import { problemOf } from '../../base/failure.ts'
import { pinTag, startLasting } from '../../database/lasting-services.ts'
import { lostData } from '../../database/state.ts'
import type { Container } from '../../docker/containers.ts'
import { waitUntilHealthy } from '../../docker/health.ts'
import { type ServiceName, servicesOf } from '../../docker/project.ts'
import { readComposeState, writeComposeState } from '../../environment/directory.ts'
import { type Colour, type Part, parts } from '../../environment/environment.ts'
import { type Images, type PinnedImage, pinned, readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import { setAside } from '../../run/set-aside.ts'
import type { Repairing } from './repair.ts'

/**
 * Writes a lost or damaged `.env` again, from the containers, the history and the proxy's map: without it, Compose
 * would know neither the live colour nor any image. @returns whether it was.
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

/** Where there is something to repair or to serve, the database and the proxy must run. @returns what it started. */
export async function startMissingServices(site: Repairing): Promise<readonly ('db' | 'proxy')[]> {
  const { step, found } = site
  const lasting = await site.project.containers(['db', 'proxy'])
  const running = lasting.filter(({ status }) => status === 'running')
  const database = running.find(({ service }) => service === 'db')
  if (database) await demandNoCrashLoop(site, database)
  const missing = (['db', 'proxy'] as const).filter(name => !running.some(({ service }) => service === name))
  if (missing.length === 0) return []
  const recorded = readReleases(site.environment).at(-1)
  if (recorded && site.proxy.mapOnDisk() === null) {
    site.proxy.writeMap(recorded.colour) // the proxy does not start without it
    found.push(`proxy/live.map was lost: ${recorded.colour} was live last`)
  }
  const lost = await lostData(site)
  if (lost) site.run.warn(lost)
  await startLasting(site, missing, step)
  found.push(`started ${missing.join(' and ')}`)
  return missing
}

/**
 * A database that crashes again and again runs for a moment each time: whatever is asked of it then fails for another
 * reason. @throws Failure with its own.
 */
async function demandNoCrashLoop({ project, step }: Repairing, database: Container): Promise<void> {
  if (database.restarts < 2 || (await project.passesHealthCheck(database))) return
  await waitUntilHealthy(project, ['db'], { step })
}

/**
 * After `docker-compose down` or a crash, nobody serves: start what the map says. A proxy that has just been started
 * learns the addresses a moment after it serves: until then users get its 503 page.
 */
export async function startLive(
  { project, proxy, run, step, found }: Repairing,
  live: Colour | null,
  started: readonly ServiceName[],
): Promise<void> {
  if (live === null) return
  const services = servicesOf(live)
  const paused = (await project.containers(services)).filter(({ status }) => status === 'paused')
  await project.unpause(paused) // by a rollback that was killed, or by a person
  if (paused.length > 0) found.push(`${live} was paused: it goes on`)
  const running = (await project.containers(services)).filter(({ status }) => status === 'running')
  const isRunning = running.length === services.length
  if (isRunning && !started.includes('proxy')) return
  try {
    if (!isRunning) {
      await project.start(services, { fresh: false })
      found.push(`${live} is live and was not running: started`)
      await waitUntilHealthy(project, services, { step })
    }
    await proxy.waitForAddresses(project, services, run.signal)
  } catch (error) {
    run.warn(problemOf(error)) // a broken live version is what this deploy may be about to replace
  }
}
