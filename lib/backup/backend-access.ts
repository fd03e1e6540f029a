import { count } from '../base/text.ts'
import type { Container } from '../docker/containers.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { type ServiceName, serviceOf } from '../docker/project.ts'
import { colours } from '../environment/environment.ts'
import { type Site, waitForServices } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'

const backends = colours.map(colour => serviceOf('backend', colour))
const isBackend = (service: string): service is ServiceName => backends.some(name => name === service)

/** The backend's containers that run: they alone have connections to the database. */
export async function runningBackends({ project }: Site): Promise<Container[]> {
  return (await project.containers(backends)).filter(({ status }) => status === 'running')
}

/** Takes the backends out of users' reach at once; who asks gets the 503 page. Nothing where the proxy is down. */
export const hide = (site: Site, containers: readonly Named[]): Promise<void> => move(site, containers, true)

/** Lets users reach the backends again; all of them unless told. */
export const show = (site: Site, containers: readonly Named[] = every): Promise<void> =>
  move(site, containers, false)

type Named = Pick<Container, 'service'>
const every = backends.map(service => ({ service }))

async function move({ proxy }: Site, containers: readonly Named[], isAway: boolean): Promise<void> {
  if (containers.length === 0 || (await proxy.live()) === undefined) return
  for (const { service } of containers) if (isBackend(service)) await proxy.setAway(service, isAway)
}

/** Lets requests in flight end and stops the backends: from here on nothing is written that would be lost. */
export async function stopBackends(site: Site, containers: readonly Container[], step: Step): Promise<void> {
  const { project, proxy } = site
  await hide(site, containers)
  if ((await proxy.live()) !== undefined)
    for (const colour of colours)
      await proxy.drain(colour, open => step.progress(count(open, 'open request')))
  await project.rest(containers)
}

/** Starts the containers again, as they were, and lets users in when they are healthy. */
export async function bringBack(site: Site, ids: readonly string[], step: Step): Promise<void> {
  const { project, proxy, run } = site
  const containers = (await project.containers(backends)).filter(({ id }) => ids.includes(id))
  const stopped = containers.filter(({ status }) => status !== 'running')
  const services = containers.map(({ service }) => service).filter(isBackend)
  try {
    if (stopped.length > 0) await project.startAgain(stopped)
    await waitUntilHealthy(project, services, { step, signal: run.signal })
  } finally {
    await show(site, containers) // also when a person has to start them: nothing else would let users in again
  }
  if ((await proxy.live()) !== undefined) await waitForServices(site, services, step)
}
