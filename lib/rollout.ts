import { usersAreOn } from './after-crash.ts'
import { assignImages, demandUnused, removeColour, smokeTestColour, waitForServices } from './candidate.ts'
import { type ServiceName, servicesOf } from './compose.ts'
import { schemaRevision, showRevision } from './database.ts'
import { type Colour, type Environment, otherColour } from './environment.ts'
import { Failure, problemOf } from './failure.ts'
import { noteHealth, noteLastWords } from './incident/evidence.ts'
import { downgrade, upgrade } from './migrations.ts'
import { since, type Traffic } from './proxy-reports.ts'
import { type Release, recordRelease } from './releases.ts'
import { pendingAt, type RevisionGraph } from './revision-graph.ts'
import type { Step } from './run.ts'
import type { Site } from './site.ts'
import {
  checkFromOutside,
  failingAddresses,
  retireColour,
  smokeTestUsers,
  switchUsers,
  wakeColour,
  watchStability,
} from './switchover.ts'
import { count, duration } from './text.ts'

/** The version that is to be live, before it has a colour and a schema. */
export type Version = Omit<Release, 'colour' | 'schema' | 'requests' | 'at'>

export interface Rollout {
  readonly version: Version
  /** The image's migrations, to be applied; undefined leaves the schema as it is. */
  readonly migrations?: RevisionGraph | undefined
  /** Takes the schema back once the candidate is up: it was made for an older one. */
  readonly takeBack?: (() => Promise<void>) | undefined
  /** The candidate's containers exist, stopped, and only need to be started again. */
  readonly standsBy: boolean
}

export interface RolledOut {
  readonly release: Release
  readonly switchMs: number
}

/**
 * Brings a version live beside the one that is: candidate up, healthy, migrated, tested; the live one tested on the
 * new schema; users moved; watched; the old one stopped. Every change names its undoing first.
 */
export async function rollOut(
  site: Site,
  { version, migrations, takeBack, standsBy }: Rollout,
): Promise<RolledOut> {
  const { environment, proxy, run } = site
  const live = usersAreOn({ served: await proxy.live(), onDisk: proxy.mapOnDisk() })
  const candidate: Colour = live === null ? 'blue' : otherColour(live)
  await demandUnused(site, candidate)
  const fit = live !== null && (await isFit(site, live))
  const failedBefore = await failingAddresses(site)
  const atStart = await proxy.users()

  await noteHealth(site, 'before')
  // Registered first, so that these are the last to be done: the way back counts, too.
  run.undo('Look at the containers', () => noteHealth(site, 'after'))
  run.undo('Count the requests that failed', step => countFailed(site, atStart, step))
  if (live !== null && fit) run.undo(`Check that ${live} serves as before`, () => smokeTestColour(site, live))
  await bringUp(site, candidate, version, standsBy)
  const migrated = migrations !== undefined && (await migrate(site, candidate, version, migrations))
  await takeBack?.()
  await run.step(`Smoke tests on ${candidate}`, () => smokeTestColour(site, candidate))
  if (live !== null && migrated) await testLive(site, live, { fit, schema: 'new', fix: splitIt })

  const errorsBefore = since(atStart, await proxy.users())
  const switched = await moveUsers(site, live, candidate, version)
  await settleIn(site, candidate, { errorsBefore, from: switched.traffic })
  if (live !== null) await retire(site, live)
  await run.step('External health checks', step => checkFromOutside(site, failedBefore, step))

  const now = await proxy.users()
  const traffic = since(switched.traffic, now)
  const release = { ...switched.release, requests: { seen: traffic.requests, failed: traffic.errors } }
  await run.step('Record the release', async step => {
    recordRelease(environment, release)
    run.keep()
    run.noticed(since(atStart, now))
    await noteHealth(site, 'after')
    step.note(`release ${release.release}`)
  })
  return { release, switchMs: switched.ms }
}

async function countFailed({ proxy, run }: Site, atStart: Traffic, step: Step): Promise<void> {
  try {
    const noticed = since(atStart, await proxy.users())
    run.noticed(noticed)
    step.note(`${noticed.errors} of ${count(noticed.requests, 'request')}`)
  } catch (error) {
    step.skip(problemOf(error).what) // a proxy that is gone must not keep the rest from being taken back
  }
}

/** Whether a colour passes its smoke tests before anything is changed; said, where it does not. */
export async function isFit(site: Site, colour: Colour): Promise<boolean> {
  try {
    await smokeTestColour(site, colour)
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    site.run.warn({
      ...problemOf(error),
      fix: 'it was so before this run: the candidate is judged by itself alone',
    })
    return false
  }
}

async function bringUp(site: Site, candidate: Colour, version: Version, standsBy: boolean): Promise<void> {
  const { environment, run } = site
  run.fact({ kind: 'candidate', colour: candidate })
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
  assignImages(site, candidate, version.images)
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

/** @returns whether there was anything to migrate. */
async function migrate(
  site: Site,
  candidate: Colour,
  version: Version,
  migrations: RevisionGraph,
): Promise<boolean> {
  const { environment, project, run } = site
  const from = await schemaRevision(project)
  const pending = pendingAt(migrations, from)
  const image = version.images.backend
  const timeout = environment.timeouts.migrate
  if (pending.length > 0) {
    run.fact({ kind: 'migrating', from, colour: candidate, image })
    run.undo(`Take the schema back to ${showRevision(from)}`, async step => {
      if ((await schemaRevision(project)) === from) return step.skip('it is there')
      await downgrade(project, candidate, image, from, timeout)
    })
  }
  await run.step(`Run migrations on ${candidate}`, async step => {
    if (pending.length === 0) return step.skip(`none pending, the schema is at ${showRevision(from)}`)
    await upgrade(project, candidate, timeout)
    step.note(`${count(pending.length, 'revision')}, now at ${showRevision(await schemaRevision(project))}`)
  })
  return pending.length > 0
}

const splitIt = 'split the migration: first add what the new version needs, remove the old in a later release'

/** Users are still on the same version, and the schema is another already: does the one work with the other? */
export async function testLive(
  { run, ...site }: Site,
  live: Colour,
  { fit, schema, fix }: { fit: boolean; schema: 'new' | 'older'; fix: string },
): Promise<void> {
  await run.step(`Smoke tests on ${live} with the ${schema} schema`, async step => {
    if (!fit) return step.skip(`${live} failed them before, too`)
    try {
      await smokeTestColour({ run, ...site }, live)
    } catch (error) {
      const problem = problemOf(error)
      throw new Failure({
        what: `the ${schema} schema breaks the live version: ${problem.what}`,
        detail: problem.detail,
        fix,
      })
    }
  })
}

async function moveUsers(site: Site, live: Colour | null, candidate: Colour, version: Version) {
  const { project, proxy, run } = site
  const release: Release = {
    ...version,
    at: Date.now(),
    colour: candidate,
    schema: await schemaRevision(project),
  }
  const traffic = await proxy.users()
  run.fact({ kind: 'switching', from: live, to: candidate, release })
  run.undo(`Switch traffic back to ${live ?? 'nothing'}`, async step => {
    await switchUsers(site, live, step)
    await proxy.drain(candidate, site.environment.timeouts.drain, open =>
      step.progress(count(open, 'open request')),
    )
  })
  const ms = await run.step(`Switch traffic to ${candidate}`, step => switchUsers(site, candidate, step))
  return { release, traffic, ms }
}

/** The first seconds with users: the smoke tests at the users' own ports, and for blue-green the watch. */
async function settleIn(
  site: Site,
  candidate: Colour,
  { errorsBefore, from }: { errorsBefore: Traffic; from: Traffic },
): Promise<void> {
  const { environment, project, run } = site
  const containers = await project.containers(servicesOf(candidate))
  await run.step("Smoke tests at the users' ports", () => smokeTestUsers(site))
  if (environment.strategy === 'rolling') return
  await run.step(`Monitor stability (${duration(environment.stability)})`, step =>
    watchStability(site, { containers, errorsBefore, from, ms: environment.stability }, step),
  )
}

async function retire(site: Site, old: Colour): Promise<void> {
  site.run.undo(`Start ${old} again`, step => wakeColour(site, old, step))
  await site.run.step(`Drain and stop ${old}`, step => retireColour(site, old, step))
}
