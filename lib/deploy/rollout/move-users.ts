import { Failure } from '../../base/failure.ts'
import { writeOnWayBack } from '../../base/files.ts'
import { count, duration } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import { schemaRevision } from '../../database/database.ts'
import type { Container } from '../../docker/containers.ts'
import { checkStillHealthy } from '../../docker/health.ts'
import { servicesOf } from '../../docker/project.ts'
import type { Colour } from '../../environment/environment.ts'
import type { Release } from '../../environment/releases.ts'
import { degraded, since, type Traffic } from '../../proxy/reports.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { assignProfile, retireColour, smokeTestUsers, wakeColour } from '../colours.ts'
import { revisionIfCrowded } from '../crowded.ts'
import type { RollingOut } from './rollout.ts'

/** @returns what is to be recorded, the traffic at the moment of the switch, and how long that took, in ms. */
export async function moveUsers(site: RollingOut) {
  const { proxy, run, live, candidate, version } = site
  const release: Release = {
    ...version,
    at: Date.now(),
    colour: candidate,
    schema: await revisionIfCrowded(site, ({ project }) => schemaRevision(project)),
  }
  const traffic = await proxy.users()
  run.fact({ kind: 'switching', from: live, to: candidate, release })
  run.undo(`Switch traffic back to ${live ?? 'nothing'}`, async step => {
    await timed(step, live, () => proxy.switchBack(live))
    assignProfile(site, live, writeOnWayBack) // neither of the two files needs room
    await proxy.drain(candidate, open => step.progress(count(open, 'open request')))
  })
  const ms = await run.step(`Switch traffic to ${candidate}`, async step => {
    const took = await timed(step, candidate, () => proxy.switchTo(candidate))
    assignProfile(site, candidate)
    return took
  })
  return { release, traffic, ms }
}

/** @returns how long the proxy took, in ms. */
async function timed(step: Step, to: Colour | null, move: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await move()
  const ms = performance.now() - started
  step.note(`users are on ${to ?? 'nothing'}, in ${duration(ms)}`)
  return ms
}

/** The first seconds with users: the smoke tests at the users' own ports, and for blue-green the watch. */
export async function settleIn(site: RollingOut, before: { errorsBefore: Traffic; from: Traffic }) {
  const { environment, project, run, candidate } = site
  const containers = await project.containers(servicesOf(candidate))
  await run.step("Smoke tests at the users' ports", () => smokeTestUsers(site))
  if (environment.strategy === 'rolling') return
  await run.step(`Monitor stability (${duration(environment.stability)})`, step =>
    watchStability(site, { ...before, containers }, step),
  )
}

/**
 * Watches a colour with users on it: health, restarts, and the proxy's own count of errors against the share before.
 * @throws Failure as soon as it is worse than what was there before.
 */
async function watchStability(
  { environment, project, proxy, run }: Site,
  { containers, errorsBefore, from }: { containers: Container[]; errorsBefore: Traffic; from: Traffic },
  step: Step,
): Promise<void> {
  const ends = Date.now() + environment.stability
  for (;;) {
    const traffic = since(from, await proxy.users())
    const seen = count(traffic.requests, 'request')
    if (degraded(errorsBefore, traffic))
      throw new Failure({
        what: `${traffic.errors} of ${seen} failed since the switch`,
        detail: `before it, ${errorsBefore.errors} of ${errorsBefore.requests} did`,
        fix: 'look at the log of the backend that was rolled back, fix it and deploy again',
      })
    await checkStillHealthy(project, containers)
    const left = ends - Date.now()
    if (left <= 0) return step.note(`${seen}, ${traffic.errors} failed`)
    step.progress(`${duration(left)} left · ${seen}, ${traffic.errors} failed`)
    await sleep(Math.min(left, 500), run.signal)
  }
}

/** Stops the version that users have left. */
export async function retire(site: Site, old: Colour): Promise<void> {
  site.run.undo(`Start ${old} again`, step => wakeColour(site, old, step))
  await site.run.step(`Drain and stop ${old}`, step => retireColour(site, old, step))
}
