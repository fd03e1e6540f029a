import { problemOf } from '../../base/failure.ts'
import { startLasting } from '../../database/lasting-services.ts'
import { lostData } from '../../database/state.ts'
import type { Container } from '../../docker/containers.ts'
import { waitUntilHealthy } from '../../docker/health.ts'
import { type ServiceName, servicesOf } from '../../docker/project.ts'
import type { Colour } from '../../environment/environment.ts'
import { readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'

/** Where there is something to repair or to serve, the database and the proxy must run. @returns what it started. */
export async function startMissingServices(
  site: Site,
  step: Step,
  found: string[],
): Promise<readonly ('db' | 'proxy')[]> {
  const running = (await site.project.containers(['db', 'proxy'])).filter(
    ({ status }) => status === 'running',
  )
  const database = running.find(({ service }) => service === 'db')
  if (database) await demandNoCrashLoop(site, database, step)
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
async function demandNoCrashLoop({ project }: Site, database: Container, step: Step): Promise<void> {
  if (database.restarts < 2 || (await project.passesHealthCheck(database))) return
  await waitUntilHealthy(project, ['db'], { step })
}

/**
 * After `docker-compose down` or a crash, nobody serves: start what the map says. A proxy that has just been started
 * learns the addresses a moment after it serves: until then users get its 503 page.
 */
export async function startLive(
  site: Site,
  live: Colour | null,
  started: readonly ServiceName[],
  step: Step,
  found: string[],
): Promise<void> {
  if (live === null) return
  const { project, run } = site
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
    await site.proxy.waitForAddresses(project, services, run.signal)
  } catch (error) {
    run.warn(problemOf(error)) // a broken live version is what this deploy may be about to replace
  }
}
