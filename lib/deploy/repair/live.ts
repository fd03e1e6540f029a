import { Failure } from '../../base/failure.ts'
import { waitUntilHealthy } from '../../docker/health.ts'
import { servicesOf } from '../../docker/project.ts'
import { type Colour, colours } from '../../environment/environment.ts'
import { findRelease, readReleases, recordRelease } from '../../environment/releases.ts'
import { type Site, smokeTestColour } from '../../proxy/site.ts'
import type { FactOf } from '../../run/events.ts'
import { fateOf, lastFact, unrecordedMove, usersAreOn } from '../../run/recovery.ts'
import type { Unsettled } from '../../run/run-log.ts'
import type { Step } from '../../run/step.ts'
import { removeColour } from '../candidate.ts'
import { noteLastWords } from '../incident/evidence.ts'
import { retireColour, wakeColour } from '../switchover.ts'

/** Makes the map, the proxy and the history say the same. @returns the colour that users are on. */
export async function agreeOnLive(
  site: Site,
  unsettled: Unsettled | undefined,
  step: Step,
  found: string[],
): Promise<Colour | null> {
  const { environment, proxy } = site
  const left = {
    served: await proxy.live(),
    onDisk: proxy.mapOnDisk(),
    switching: lastFact(unsettled?.facts ?? [], 'switching'),
    recordedBy: readReleases(environment).at(-1)?.run,
  }
  const live = usersAreOn(left)
  if (left.onDisk !== live) {
    proxy.writeMap(live)
    found.push(`users are on ${live ?? 'nothing'}: the map on disk says so, too, now`)
  }
  const move = unrecordedMove(left)
  if (!move) return live
  return (await isFit(site, move.to, step)) ? adopt(site, move, found) : flipBack(site, move, step, found)
}

async function isFit(site: Site, colour: Colour, step: Step): Promise<boolean> {
  try {
    await waitUntilHealthy(site.project, servicesOf(colour), { step })
    await smokeTestColour(site, colour)
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

function adopt({ environment }: Site, { to, release }: FactOf<'switching'>, found: string[]): Colour {
  recordRelease(environment, { ...release, kind: 'adopted' })
  found.push(`users were on ${to} already, and it passes its smoke tests: release ${release.release} is kept`)
  return to
}

async function flipBack(
  site: Site,
  { from, to }: FactOf<'switching'>,
  step: Step,
  found: string[],
): Promise<Colour | null> {
  if (from === null) return to // there is nothing to go back to
  site.run.rollingBack({ what: `an interrupted run has left users on ${to}, which fails its smoke tests` })
  await noteLastWords(site, to)
  await wakeColour(site, from, step)
  await site.proxy.switchBack(from)
  found.push(`users were on ${to}, which fails its smoke tests: moved back to ${from}`)
  return from
}

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
