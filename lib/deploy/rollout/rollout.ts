import { problemOf } from '../../base/failure.ts'
import { count, duration } from '../../base/text.ts'
import { showRevision } from '../../database/database.ts'
import type { RevisionGraph } from '../../database/revision-graph.ts'
import { type Colour, otherColour } from '../../environment/environment.ts'
import { type Release, recordRelease, shortDigest, type Version } from '../../environment/releases.ts'
import { since, type Traffic } from '../../proxy/reports.ts'
import { type Site, smokeTestColour } from '../../proxy/site.ts'
import type { Result } from '../../run/events.ts'
import { usersAreOn } from '../../run/recovery.ts'
import type { Step } from '../../run/step.ts'
import { assertIdle } from '../colours.ts'
import { makeRoom } from '../crowded.ts'
import { noteHealth } from '../incident/evidence.ts'
import { checkFromOutside, failingAddresses } from '../outside.ts'
import { bringUp, watchSchema } from './bring-up.ts'
import { isFit, migrate, testLive } from './migrate.ts'
import { moveUsers, retire, settleIn } from './move-users.ts'

export interface Rollout {
  readonly version: Version
  /** The image's migrations, to be applied; undefined leaves the schema as it is. */
  readonly migrations?: RevisionGraph | undefined
  /** Rolls the schema back once the candidate is up: it was made for an older one. */
  readonly takeBack?: (() => Promise<void>) | undefined
  /** Where the live version holds every connection to the database, it is made to leave some. */
  readonly makesRoom?: boolean | undefined
  /** The candidate's containers exist, stopped, and only need to be started again. */
  readonly standsBy: boolean
}

export interface RolledOut {
  readonly release: Release
  readonly switchMs: number
}

/** A site in the course of a roll-out. */
export interface RollingOut extends Site {
  readonly version: Version
  /** Where users are when it begins. */
  readonly live: Colour | null
  readonly candidate: Colour
}

const splitIt = 'split the migration: first add what the new version needs, remove the old in a later release'

/**
 * Brings a version live beside the one that is: schema migrated, the live one tested on it; candidate up, healthy,
 * tested; users moved; watched; the old one stopped. Every change names its undoing first.
 */
export async function rollOut(
  site: Site,
  { version, migrations, takeBack, makesRoom, standsBy }: Rollout,
): Promise<RolledOut> {
  const { environment, proxy, run } = site
  const live = usersAreOn({ served: await proxy.live(), onDisk: proxy.mapOnDisk() })
  const candidate: Colour = live === null ? 'blue' : otherColour(live)
  const rolling = { ...site, version, live, candidate }
  await assertIdle(site, candidate)
  const fit = live !== null && (await isFit(site, live))
  const failedBefore = await failingAddresses(site)
  const atStart = await proxy.users()

  await noteHealth(site, 'before')
  // Registered first, so that these are the last to be done: the way back counts, too.
  run.undo('Look at the containers', () => noteHealth(site, 'after'))
  run.undo('Count the requests that failed', step => countFailed(site, atStart, step))
  if (live !== null && fit) run.undo(`Check that ${live} serves as before`, () => smokeTestColour(site, live))
  if (live !== null && makesRoom) await makeRoom(site, live)
  const migrated = migrations !== undefined && (await migrate(rolling, migrations))
  if (live !== null && migrated) await testLive(site, live, { fit, schema: 'new', fix: splitIt })
  await watchSchema(rolling, () => bringUp(rolling, standsBy))
  await takeBack?.()
  await run.step(`Smoke tests on ${candidate}`, () => smokeTestColour(site, candidate))

  const errorsBefore = since(atStart, await proxy.users())
  const switched = await moveUsers(rolling)
  await settleIn(rolling, { errorsBefore, from: switched.traffic })
  if (live !== null) await retire(site, live)
  await run.step('External health checks', step => checkFromOutside(site, failedBefore, step))

  const now = await proxy.users()
  const traffic = since(switched.traffic, now)
  const release = { ...switched.release, requests: { seen: traffic.requests, failed: traffic.errors } }
  await run.step('Record the release', async step => {
    recordRelease(environment, release)
    run.keep()
    run.recordTraffic(since(atStart, now))
    await noteHealth(site, 'after')
    step.note(`release ${release.release}`)
  })
  return { release, switchMs: switched.ms }
}

async function countFailed({ proxy, run }: Site, atStart: Traffic, step: Step): Promise<void> {
  try {
    const noticed = since(atStart, await proxy.users())
    run.recordTraffic(noticed)
    step.note(`${noticed.errors} of ${count(noticed.requests, 'request')}`)
  } catch (error) {
    step.skip(problemOf(error).what) // a proxy that is gone must not keep the rest from being rolled back
  }
}

/** Who is live now, and what moving the users cost them. */
export function resultOf({ release, switchMs }: RolledOut): Result {
  const { seen, failed } = release.requests ?? { seen: 0, failed: 0 }
  return [
    ...liveRows(release),
    ...(release.backup ? [['backup', release.backup] as const] : []),
    ['switch', `${duration(switchMs)}; ${count(seen, 'request')} since, ${failed} failed`],
  ]
}

export function liveRows(release: Release): Result {
  return [
    ['live', `${release.colour}, release ${release.release}, ${release.tag}`],
    ['backend', shortDigest(release.images.backend)],
    ['frontend', shortDigest(release.images.frontend)],
    ['schema', showRevision(release.schema)],
  ]
}
