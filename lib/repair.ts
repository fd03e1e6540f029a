import { rmSync } from 'node:fs'
import { fateOf, unrecordedMove, usersAreOn } from './after-crash.ts'
import { removeLeftovers } from './backup/leftovers.ts'
import { repairDatabase } from './backup/repair.ts'
import { assignProfile, removeColour, smokeTestColour } from './candidate.ts'
import { servicesOf } from './compose.ts'
import { schemaRevision, showRevision } from './database.ts'
import { readComposeState, shipMissingFiles } from './directory.ts'
import { type Colour, colours } from './environment.ts'
import type { Fact } from './events.ts'
import { Failure, problemOf } from './failure.ts'
import { waitUntilHealthy } from './health.ts'
import { noteLastWords } from './incident/evidence.ts'
import { restoreComposeState } from './lost-state.ts'
import { downgrade, upgradeAgain } from './migrations.ts'
import { loginDirectory } from './registry.ts'
import { findRelease, readReleases, recordRelease } from './releases.ts'
import { settleRotation } from './rotation.ts'
import type { Step } from './run.ts'
import type { Unsettled } from './run-log.ts'
import { secretsOf } from './secrets.ts'
import { startLasting } from './services.ts'
import type { Site } from './site.ts'
import { retireColour, wakeColour } from './switchover.ts'

type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>

const factOf = <Kind extends Fact['kind']>(
  unsettled: Unsettled | undefined,
  kind: Kind,
): FactOf<Kind> | undefined => unsettled?.facts.findLast((fact): fact is FactOf<Kind> => fact.kind === kind)

/**
 * Puts right what a killed run, a crashed machine or a `docker-compose down` left, from what is true: the proxy's
 * map, the containers, the database's own revision. It says what it found, and users stay where they are unless
 * that place is broken.
 */
export async function repair(site: Site, step: Step): Promise<void> {
  const { environment, project, run, unsettled } = site
  const wasLive = site.proxy.mapOnDisk() !== null || readReleases(environment).length > 0
  if (!wasLive && !readComposeState(environment)) return step.skip('the first deploy here')
  if (unsettled) run.note(`${unsettled.run} did not come to its end`)
  const found: string[] = []
  const lost = wasLive ? shipMissingFiles(environment, secretsOf(environment)) : []
  if (lost.length > 0) found.push(`written again, because it was lost: ${lost.join(', ')}`)
  if (await restoreComposeState(site)) found.push('.env was lost or damaged: written again from what runs')

  if (await project.endRunOnce()) found.push('ended its migration')
  rmSync(loginDirectory(environment), { recursive: true, force: true })
  if (!wasLive && !unsettled?.facts.length) return step.skip('the first deploy here was stopped early')
  await startMissingServices(site, step, found)
  await repairDatabase(site, step, found)
  for (const name of await removeLeftovers(site)) found.push(`removed ${name}`)
  const live = await agreeOnLive(site, unsettled, step, found)
  const rotation = await settleRotation(site, live, step)
  if (rotation) found.push(rotation)
  if (unsettled) {
    await restoreSchema(site, live, unsettled, found)
    await finishSchemaRollback(site, live, unsettled, found)
    await clearOthers(site, live, unsettled, step, found)
  }
  await startLive(site, live, step, found)
  assignProfile(site, live)

  run.settle()
  if (found.length === 0) step.skip('nothing to repair')
  for (const finding of found) run.note(finding)
}

/** Where there is something to repair or to serve, the database and the proxy must run. */
async function startMissingServices(site: Site, step: Step, found: string[]): Promise<void> {
  const running = (await site.project.containers(['db', 'proxy'])).filter(
    ({ status }) => status === 'running',
  )
  const missing = (['db', 'proxy'] as const).filter(name => !running.some(({ service }) => service === name))
  if (missing.length === 0) return
  const recorded = readReleases(site.environment).at(-1)
  if (recorded && site.proxy.mapOnDisk() === null) {
    site.proxy.writeMap(recorded.colour) // the proxy does not start without it
    found.push(`proxy/live.map was lost: ${recorded.colour} was live last`)
  }
  await startLasting(site, missing, step)
  found.push(`started ${missing.join(' and ')}`)
}

/** Makes the map, the proxy and the history say the same. @returns the colour that users are on. */
async function agreeOnLive(
  site: Site,
  unsettled: Unsettled | undefined,
  step: Step,
  found: string[],
): Promise<Colour | null> {
  const { environment, proxy } = site
  const left = {
    served: await proxy.live(),
    onDisk: proxy.mapOnDisk(),
    switching: factOf(unsettled, 'switching'),
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

async function isFit({ environment, project, ...site }: Site, colour: Colour, step: Step): Promise<boolean> {
  try {
    await waitUntilHealthy(project, servicesOf(colour), { timeout: environment.timeouts.healthy, step })
    await smokeTestColour({ environment, project, ...site }, colour)
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
  site.run.goesBack({ what: `an interrupted run has left users on ${to}, which fails its smoke tests` })
  await noteLastWords(site, to)
  await wakeColour(site, from, step)
  await site.proxy.switchTo(from)
  found.push(`users were on ${to}, which fails its smoke tests: moved back to ${from}`)
  return from
}

async function restoreSchema(
  { environment, project, run }: Site,
  live: Colour | null,
  unsettled: Unsettled,
  found: string[],
): Promise<void> {
  const migrating = factOf(unsettled, 'migrating')
  if (!migrating || migrating.colour === live) return // its users are on the new version: the schema is right
  const now = await schemaRevision(project)
  if (now === migrating.from) return
  try {
    await downgrade(project, migrating.colour, migrating.image, migrating.from, environment.timeouts.migrate)
  } catch (error) {
    run.settle() // said once, with what to do; a person has it in hand now
    throw error
  }
  found.push(`the schema was at ${showRevision(now)}: taken back to ${showRevision(migrating.from)}`)
}

/** A rollback of the schema that did not come to its end: users are where they were, and so must the schema be. */
async function finishSchemaRollback(
  { environment, project, run }: Site,
  live: Colour | null,
  unsettled: Unsettled,
  found: string[],
): Promise<void> {
  const downgrading = factOf(unsettled, 'downgrading')
  if (!downgrading || downgrading.live !== live) return // users are on the older version: the schema is right
  if (readReleases(environment).at(-1)?.run === unsettled.run) return // it was recorded: all that was wanted is done
  const { colour, image, from } = downgrading
  const now = await schemaRevision(project)
  if (now === from) return
  try {
    await upgradeAgain(project, colour, image, from, environment.timeouts.migrate)
  } catch (error) {
    run.settle() // said once, with what to do; a person has it in hand now
    throw error
  }
  found.push(`the schema was at ${showRevision(now)}: taken forward to ${from} again`)
}

/** Colours that users are not on: the previous release is stopped and kept, a candidate is removed. */
async function clearOthers(
  site: Site,
  live: Colour | null,
  unsettled: Unsettled,
  step: Step,
  found: string[],
): Promise<void> {
  const { environment, project } = site
  const releases = readReleases(environment)
  const previous = findRelease(releases, releases.at(-1)?.previous ?? 0)
  const isCandidate = factOf(unsettled, 'candidate')
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

/** After `docker-compose down` or a crash, nobody serves: start what the map says. */
async function startLive(site: Site, live: Colour | null, step: Step, found: string[]): Promise<void> {
  if (live === null) return
  const { environment, project, run } = site
  const services = servicesOf(live)
  const running = (await project.containers(services)).filter(({ status }) => status === 'running')
  if (running.length === services.length) return
  try {
    await project.start(services, { fresh: false })
    found.push(`${live} is live and was not running: started`)
    await waitUntilHealthy(project, services, { timeout: environment.timeouts.healthy, step })
  } catch (error) {
    run.warn(problemOf(error)) // a broken live version is what this deploy may be about to replace
  }
}
