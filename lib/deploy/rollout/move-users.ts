import { count, duration } from '../../base/text.ts'
import { schemaRevision } from '../../database/database.ts'
import { servicesOf } from '../../docker/project.ts'
import type { Colour } from '../../environment/environment.ts'
import type { Release, Version } from '../../environment/releases.ts'
import type { Traffic } from '../../proxy/reports.ts'
import type { Site } from '../../proxy/site.ts'
import { revisionIfCrowded } from '../crowded.ts'
import {
  retireColour,
  returnUsers,
  smokeTestUsers,
  switchUsers,
  wakeColour,
  watchStability,
} from '../switchover.ts'

/** @returns what is to be recorded, the traffic at the moment of the switch, and how long that took, in ms. */
export async function moveUsers(site: Site, live: Colour | null, candidate: Colour, version: Version) {
  const { proxy, run } = site
  const release: Release = {
    ...version,
    at: Date.now(),
    colour: candidate,
    schema: await revisionIfCrowded(site, ({ project }) => schemaRevision(project)),
  }
  const traffic = await proxy.users()
  run.fact({ kind: 'switching', from: live, to: candidate, release })
  run.undo(`Switch traffic back to ${live ?? 'nothing'}`, async step => {
    await returnUsers(site, live, step)
    await proxy.drain(candidate, site.environment.timeouts.drain, open =>
      step.progress(count(open, 'open request')),
    )
  })
  const ms = await run.step(`Switch traffic to ${candidate}`, step => switchUsers(site, candidate, step))
  return { release, traffic, ms }
}

/** The first seconds with users: the smoke tests at the users' own ports, and for blue-green the watch. */
export async function settleIn(
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

/** Stops the version that users have left. */
export async function retire(site: Site, old: Colour): Promise<void> {
  site.run.undo(`Start ${old} again`, step => wakeColour(site, old, step))
  await site.run.step(`Drain and stop ${old}`, step => retireColour(site, old, step))
}
