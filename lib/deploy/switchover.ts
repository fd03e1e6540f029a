import { Failure } from '../base/failure.ts'
import { writeOnWayBack } from '../base/files.ts'
import { count, duration } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import type { Container } from '../docker/containers.ts'
import { checkStillHealthy } from '../docker/health.ts'
import { servicesOf } from '../docker/project.ts'
import type { Colour, SmokeTest } from '../environment/environment.ts'
import { degraded, since, type Traffic } from '../proxy/reports.ts'
import { type Site, waitForServices } from '../proxy/site.ts'
import { smokeTest } from '../proxy/smoke.ts'
import type { Step } from '../run/step.ts'
import { assertIdle, assignProfile } from './candidate.ts'

/** Moves users to a colour. @returns how long the proxy took, in ms. */
export async function switchUsers(site: Site, to: Colour | null, step: Step): Promise<number> {
  const started = performance.now()
  await site.proxy.switchTo(to)
  const ms = performance.now() - started
  assignProfile(site, to)
  step.note(`users are on ${to ?? 'nothing'}, in ${duration(ms)}`)
  return ms
}

/** Moves users back to the colour that they come from. Neither of its files needs room. */
export async function returnUsers(site: Site, to: Colour | null, step: Step): Promise<void> {
  const started = performance.now()
  await site.proxy.switchBack(to)
  step.note(`users are on ${to ?? 'nothing'}, in ${duration(performance.now() - started)}`)
  assignProfile(site, to, writeOnWayBack)
}

/**
 * Watches a colour with users on it: health, restarts, and the proxy's own count of errors against the share before.
 * @throws Failure as soon as it is worse than what was there before.
 */
export async function watchStability(
  site: Site,
  options: { containers: readonly Container[]; errorsBefore: Traffic; from: Traffic; ms: number },
  step: Step,
): Promise<void> {
  const { project, proxy, run } = site
  const ends = Date.now() + options.ms
  for (;;) {
    const traffic = since(options.from, await proxy.users())
    if (degraded(options.errorsBefore, traffic))
      throw new Failure({
        what: `${traffic.errors} of ${count(traffic.requests, 'request')} failed since the switch`,
        detail: `before it, ${options.errorsBefore.errors} of ${options.errorsBefore.requests} did`,
        fix: 'look at the log of the backend that was taken back, mend it and deploy again',
      })
    await checkStillHealthy(project, options.containers)
    const left = ends - Date.now()
    if (left <= 0) return step.note(`${count(traffic.requests, 'request')}, ${traffic.errors} failed`)
    step.progress(`${duration(left)} left · ${count(traffic.requests, 'request')}, ${traffic.errors} failed`)
    await sleep(Math.min(left, 500), run.signal)
  }
}

/** Lets the requests of a colour that users have left finish, then stops it. It stays, for an instant rollback. */
export async function retireColour(site: Site, colour: Colour, step: Step): Promise<void> {
  const { environment, project, proxy } = site
  await assertIdle(site, colour)
  const cut = await proxy.drain(colour, environment.timeouts.drain, open =>
    step.progress(`${count(open, 'request')} in flight`),
  )
  await project.rest(await project.containers(servicesOf(colour)))
  step.note(
    cut === 0 ? 'drained' : `${count(cut, 'connection')} cut after ${duration(environment.timeouts.drain)}`,
  )
}

/** Starts a stopped colour as it was, and waits until it can take users. */
export async function wakeColour(site: Site, colour: Colour, step: Step): Promise<void> {
  const services = servicesOf(colour)
  await site.project.startAgain(await site.project.containers(services))
  await waitForServices(site, services, step)
}

/** Smoke tests at the ports that users use. */
export async function smokeTestUsers({ environment }: Pick<Site, 'environment'>): Promise<void> {
  const { ports } = environment
  const target = ({ part, path }: SmokeTest) => ({ url: `http://127.0.0.1:${ports[part]}${path}` })
  await smokeTest(environment, target, 'the live version')
}
