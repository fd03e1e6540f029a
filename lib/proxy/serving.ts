import { waitUntilHealthy } from '../docker/health.ts'
import type { ServiceName } from '../docker/project.ts'
import type { Colour } from '../environment/environment.ts'
import type { Step } from '../run/step.ts'
import type { Site } from './site.ts'
import { smokeTest } from './smoke.ts'

/** Waits until containers are healthy and the proxy knows their addresses. */
export async function waitForServices(
  site: Site,
  services: readonly ServiceName[],
  step: Step,
): Promise<void> {
  const { project, proxy, run } = site
  await waitUntilHealthy(project, services, { step, signal: run.signal })
  await proxy.waitForAddresses(project, services, run.signal)
}

/** Smoke tests of a colour at its private entrance, whether or not users are on it. */
export async function smokeTestColour({ environment, proxy }: Site, colour: Colour): Promise<void> {
  await smokeTest(
    environment.smokeTests,
    test => proxy.preview(test.part, colour, test.path),
    environment.timeouts.request,
    colour,
  )
}
