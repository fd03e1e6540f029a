import { type ServiceName, servicesOf } from '../../docker/project.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import type { Version } from '../../environment/releases.ts'
import { type Site, waitForServices } from '../../proxy/site.ts'
import { assignImages, removeColour } from '../candidate.ts'
import { noteLastWords } from '../incident/evidence.ts'
import { retireColour, wakeColour } from '../switchover.ts'

/** Starts the candidate beside the live version, or again where it stands by, and waits until it can take users. */
export async function bringUp(
  site: Site,
  candidate: Colour,
  version: Version,
  standsBy: boolean,
): Promise<void> {
  const { environment, run } = site
  run.fact({ kind: 'candidate', colour: candidate })
  // Also where it stands by: a failed deploy may have written its own images there, and `up -d` would start those.
  assignImages(site, candidate, version.images)
  if (standsBy) {
    run.undo(`Stop ${candidate} again`, async step => {
      await noteLastWords(site, candidate)
      await retireColour(site, candidate, step)
    })
    await run.step(`Start ${candidate} again`, step => wakeColour(site, candidate, step))
    return
  }
  run.undo(`Remove ${candidate}`, async step => {
    await noteLastWords(site, candidate)
    await removeColour(site, candidate, step)
  })
  for (const services of groupsOf(environment.strategy, candidate)) {
    const what = services.length === 1 ? services.join() : candidate
    const title = environment.strategy === 'rolling' ? `Rolling update of ${what}` : `Deploy to ${what}`
    await run.step(title, async () => {
      // Compose renames what it replaces, and fails over such names that an interrupted run of it has left.
      await site.project.remove(await site.project.containers(services))
      await site.project.start(services, { fresh: true })
    })
    await run.step(`Wait for ${what} to be healthy`, step => waitForServices(site, services, step))
  }
}

/** Blue-green starts all of a colour at once; rolling starts service by service beside the old one. */
const groupsOf = (strategy: Environment['strategy'], colour: Colour): ServiceName[][] =>
  strategy === 'rolling' ? servicesOf(colour).map(service => [service]) : [servicesOf(colour)]
