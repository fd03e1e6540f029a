import { servicesOf } from '../../docker/project.ts'
import { type Colour, colours } from '../../environment/environment.ts'
import { findRelease, readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import { fateOf, lastFact } from '../../run/recovery.ts'
import type { Unsettled } from '../../run/run-log.ts'
import type { Step } from '../../run/step.ts'
import { removeColour } from '../candidate.ts'
import { retireColour } from '../switchover.ts'

/** Colours that users are not on: the previous release is stopped and kept, a candidate is removed. */
export async function clearOthers(
  site: Site,
  live: Colour | null,
  unsettled: Unsettled,
  step: Step,
  found: string[],
): Promise<void> {
  const { environment, project } = site
  const releases = readReleases(environment)
  const previous = findRelease(releases, releases.at(-1)?.previous ?? 0)
  const isCandidate = lastFact(unsettled.facts, 'candidate')
  for (const colour of colours.filter(name => name !== live)) {
    const containers = await project.containers(servicesOf(colour))
    const fate = fateOf(containers, { previous: previous?.images, wasCandidate: isCandidate !== undefined })
    if (fate === 'stop') {
      await retireColour(site, colour, step)
      found.push(`stopped ${colour}, the previous release`)
    } else if (fate === 'remove') {
      await removeColour(site, colour, step)
      found.push(`removed its candidate ${colour}`)
    }
  }
}
