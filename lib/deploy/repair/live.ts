import { Failure } from '../../base/failure.ts'
import { type Revision, schemaRevision, showRevision } from '../../database/database.ts'
import { downgrade, upgradeAgain } from '../../database/migrations.ts'
import { waitUntilHealthy } from '../../docker/health.ts'
import { servicesOf } from '../../docker/project.ts'
import { type Colour, colours } from '../../environment/environment.ts'
import { findRelease, readReleases, recordRelease } from '../../environment/releases.ts'
import { smokeTestColour } from '../../proxy/site.ts'
import type { FactOf } from '../../run/events.ts'
import { fateOf, lastFact, unrecordedMove, usersAreOn } from '../../run/recovery.ts'
import type { Unsettled } from '../../run/run-log.ts'
import { removeColour, retireColour, wakeColour } from '../colours.ts'
import { noteLastWords } from '../incident/evidence.ts'
import type { Repairing } from './repair.ts'

/** Makes the map, the proxy and the history say the same. @returns the colour that users are on. */
export async function agreeOnLive(site: Repairing): Promise<Colour | null> {
  const { environment, proxy, unsettled, found } = site
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
  return (await isFit(site, move.to)) ? adopt(site, move) : flipBack(site, move)
}

async function isFit(site: Repairing, colour: Colour): Promise<boolean> {
  try {
    await waitUntilHealthy(site.project, servicesOf(colour), { step: site.step })
    await smokeTestColour(site, colour)
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

function adopt({ environment, found }: Repairing, { to, release }: FactOf<'switching'>): Colour {
  recordRelease(environment, { ...release, kind: 'adopted' })
  found.push(`users were on ${to} already, and it passes its smoke tests: release ${release.release} is kept`)
  return to
}

async function flipBack(site: Repairing, { from, to }: FactOf<'switching'>): Promise<Colour> {
  if (from === null) return to // there is nothing to go back to
  site.run.rollingBack({ what: `an interrupted run has left users on ${to}, which fails its smoke tests` })
  await noteLastWords(site, to)
  await wakeColour(site, from, site.step)
  await site.proxy.switchBack(from)
  site.found.push(`users were on ${to}, which fails its smoke tests: moved back to ${from}`)
  return from
}

/** Colours that users are not on: the previous release is stopped and kept, a candidate is removed. */
export async function clearOthers(site: Repairing, live: Colour | null): Promise<void> {
  const { environment, project, unsettled, step, found } = site
  const releases = readReleases(environment)
  const previous = findRelease(releases, releases.at(-1)?.previous ?? 0)
  const wasCandidate = lastFact(unsettled?.facts ?? [], 'candidate') !== undefined
  for (const colour of colours.filter(name => name !== live)) {
    const containers = await project.containers(servicesOf(colour))
    const fate = fateOf(containers, { previous: previous?.images, wasCandidate })
    if (fate === 'stop') {
      await retireColour(site, colour, step)
      found.push(`stopped ${colour}, the previous release`)
    } else if (fate === 'remove') {
      await removeColour(site, colour, step)
      found.push(`removed its candidate ${colour}`)
    }
  }
}

/**
 * A deploy, or a rollback of the schema, that did not come to its end has changed the schema, and users are on the
 * version that they were on before: so must the schema be.
 */
export async function restoreSchema(
  site: Repairing,
  live: Colour | null,
  { run, facts }: Unsettled,
): Promise<void> {
  const { environment, project } = site
  const migrating = lastFact(facts, 'migrating')
  if (migrating && migrating.colour !== live) {
    const { colour, image, from } = migrating
    const back = () => downgrade(project, colour, image, from)
    await moveSchema(site, from, `rolled back to ${showRevision(from)}`, back)
  }
  const downgrading = lastFact(facts, 'downgrading')
  // Recorded, all that was wanted is done.
  if (downgrading?.live === live && readReleases(environment).at(-1)?.run !== run) {
    const { colour, image, from } = downgrading
    const forth = () => upgradeAgain(project, colour, image, from)
    await moveSchema(site, from, `taken forward to ${from} again`, forth)
  }
}

async function moveSchema(
  { project, run, found }: Repairing,
  to: Revision,
  how: string,
  move: () => Promise<void>,
): Promise<void> {
  const now = await schemaRevision(project)
  if (now === to) return
  try {
    await move()
  } catch (error) {
    run.settle() // said once, with what to do; a person has it in hand now
    throw error
  }
  found.push(`the schema was at ${showRevision(now)}: ${how}`)
}
