import { Failure, problemOf } from '../base/failure.ts'
import { composeHere } from '../docker/compose.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { Project, type ServiceName } from '../docker/project.ts'
import type { Colour, Environment } from '../environment/environment.ts'
import { damagedHistory } from '../environment/releases.ts'
import type { Running } from '../run/execute.ts'
import type { Step } from '../run/step.ts'
import { HAProxy } from './proxy.ts'
import { smokeTest } from './smoke.ts'

/** What a run works on: one environment on this machine. */
export interface Site extends Running {
  readonly environment: Environment
  readonly project: Project
  readonly proxy: HAProxy
}

export async function siteOf(environment: Environment, running: Running): Promise<Site> {
  const damaged = damagedHistory(environment)
  if (damaged) running.run.warn(damaged)
  return {
    ...running,
    environment,
    project: new Project(environment, await composeHere()),
    proxy: new HAProxy(environment),
  }
}

/** Waits until containers are healthy and the proxy knows their addresses. */
export async function waitForServices(
  site: Site,
  services: readonly ServiceName[],
  step: Step,
  recovering = false,
): Promise<void> {
  const { project, proxy, run } = site
  await waitUntilHealthy(project, services, { step, signal: run.signal, recovering })
  await proxy.waitForAddresses(project, services, run.signal)
}

/** Smoke tests of a colour at its private entrance, whether or not users are on it. */
export async function smokeTestColour({ environment, proxy }: Site, colour: Colour): Promise<void> {
  await smokeTest(environment, ({ part, path }) => proxy.preview(part, colour, path), colour)
}

/** Smoke tests of the version that users reach, at its private entrance. Where nobody can be asked, a warning. */
export async function testLive(site: Site): Promise<void> {
  const live = site.proxy.mapOnDisk()
  if (live === null) return
  if ((await site.proxy.live()) !== undefined) return smokeTestColour(site, live)
  site.run.warn({
    what: 'the proxy does not answer, so the version that is live was not tested',
    fix: site.project.typed('up', '-d', 'proxy'),
  })
}

/** Why the live version does not work, or undefined when it does. */
export async function unfitness(site: Site): Promise<string | undefined> {
  try {
    await testLive(site)
    return undefined
  } catch (error) {
    if (error instanceof Failure) return problemOf(error).what
    throw error
  }
}
