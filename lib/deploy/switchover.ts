import { Failure, problemOf } from '../base/failure.ts'
import { writeOnWayBack } from '../base/files.ts'
import { get } from '../base/http.ts'
import { count, duration } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import type { Container } from '../docker/containers.ts'
import { checkStillHealthy } from '../docker/health.ts'
import { servicesOf } from '../docker/project.ts'
import type { Colour } from '../environment/environment.ts'
import { degraded, since, type Traffic } from '../proxy/reports.ts'
import { waitForServices } from '../proxy/serving.ts'
import type { Site } from '../proxy/site.ts'
import { smokeTest } from '../proxy/smoke.ts'
import type { Step } from '../run/step.ts'
import { assertIdle, assignProfile } from './candidate.ts'
import { expiringCertificates } from './expiry.ts'

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

/** The addresses that users use, asked from outside. @returns those that do not answer 200, with the reason. */
export async function failingAddresses({
  environment,
}: Pick<Site, 'environment'>): Promise<Map<string, string>> {
  const failing = new Map<string, string>()
  await Promise.all(
    environment.externalChecks.map(async url => {
      try {
        const { status } = await get({ url, route: environment.externalAccess }, environment.timeouts.request)
        if (status !== 200) failing.set(url, `answers ${status}`)
      } catch (error) {
        failing.set(url, problemOf(error).what)
      }
    }),
  )
  return failing
}

/**
 * The very last check. An address that failed before the deploy, too, is not the new version's fault: a warning.
 * @throws Failure when one fails that answered before.
 */
export async function checkFromOutside(
  site: Site,
  failedBefore: ReadonlyMap<string, string>,
  step: Step,
): Promise<void> {
  const { environment, run } = site
  for (const problem of await expiringCertificates(environment)) run.warn(problem)
  if (environment.externalChecks.length === 0) return step.skip('none are set for this environment')
  const failing = await failingAddresses(site)
  const listed = (urls: string[]): string => urls.map(url => `${url} ${failing.get(url)}`).join('\n')
  const fresh = [...failing.keys()].filter(url => !failedBefore.has(url))
  if (fresh.length > 0) throw new Failure({ what: 'the external health check failed', detail: listed(fresh) })
  if (failing.size > 0)
    run.warn({
      what: `${count(failing.size, 'external check')} failed before this deploy and still fails`,
      detail: listed([...failing.keys()]),
      fix: 'look at DNS, the certificate and the TLS edge: the version itself answers',
    })
  step.note(
    `${environment.externalChecks.length - failing.size} of ${environment.externalChecks.length} answer`,
  )
}

/** Smoke tests at the ports that users use. */
export async function smokeTestUsers({ environment }: Pick<Site, 'environment'>): Promise<void> {
  await smokeTest(
    environment.smokeTests,
    ({ part, path }) => ({ url: `http://127.0.0.1:${environment.ports[part]}${path}` }),
    environment.timeouts.request,
    'the live version',
  )
}
