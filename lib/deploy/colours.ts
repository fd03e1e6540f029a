import { Failure } from '../base/failure.ts'
import { writeAtomically } from '../base/files.ts'
import { count, duration } from '../base/text.ts'
import { type Project, servicesOf } from '../docker/project.ts'
import { readComposeState, writeComposeState } from '../environment/directory.ts'
import { type Colour, otherColour, parts, type SmokeTest } from '../environment/environment.ts'
import type { Images, Release } from '../environment/releases.ts'
import { HAProxy } from '../proxy/proxy.ts'
import { type Site, waitForServices } from '../proxy/site.ts'
import { smokeTest } from '../proxy/smoke.ts'
import type { Step } from '../run/step.ts'

/** Writes a colour's images where compose reads them. The live colour's line is not touched. */
export function assignImages({ environment }: Site, colour: Colour, images: Images): void {
  const state = readComposeState(environment)
  if (!state) throw new Failure({ what: `${environment.directory}/.env is missing`, fix: 'deploy again' })
  writeComposeState(environment, { ...state, images: { ...state.images, [colour]: images } })
}

/** Makes plain `docker compose up -d` in the directory start this colour. */
export function assignProfile({ environment }: Site, live: Colour | null, write = writeAtomically): void {
  const state = readComposeState(environment)
  if (state && state.live !== live) writeComposeState(environment, { ...state, live }, write)
}

/**
 * Going back goes on when a part of it fails; but what users are still on, or would be on after a restart of the proxy,
 * must not be taken from under them. @throws Failure when it is.
 */
export async function assertIdle({ proxy }: Pick<Site, 'proxy'>, colour: Colour): Promise<void> {
  const live = await proxy.live()
  if (live === colour) throw new Failure({ what: `${colour} stays as it is: users are on it` })
  if (proxy.mapOnDisk() === colour)
    throw new Failure({
      what: `${colour} stays as it is: proxy/live.map still says ${colour}, so a restart of the proxy would move users to it`,
      detail: live ? `users are on ${live}` : undefined,
    })
}

/** Takes a colour away: waits for requests that may still be in flight, then removes its containers. */
export async function removeColour(site: Site, colour: Colour, step: Step): Promise<void> {
  const { project, proxy } = site
  await assertIdle(site, colour)
  await project.endRunOnce()
  const containers = await project.containers(servicesOf(colour))
  if (containers.length === 0) return step.skip('no containers')
  if (containers.some(({ status }) => status === 'running') && (await proxy.live()) !== undefined)
    await proxy.drain(colour, open => step.progress(count(open, 'open request')))
  await project.remove(containers)
}

/** Whether a release's containers still exist in the colour that users are not on, as they were when they served. */
export async function standsBy(project: Project, target: Release): Promise<boolean> {
  const live = new HAProxy(project.environment).mapOnDisk()
  if (live === null) return false
  const colour = otherColour(live)
  const containers = await project.containers(servicesOf(colour))
  return parts.every(part =>
    containers.some(({ service, image }) => service === `${part}-${colour}` && image === target.images[part]),
  )
}

/** Lets the requests of a colour that users have left finish, then stops it. It stays, for an instant rollback. */
export async function retireColour(site: Site, colour: Colour, step: Step): Promise<void> {
  const { environment, project, proxy } = site
  await assertIdle(site, colour)
  const cut = await proxy.drain(colour, open => step.progress(`${count(open, 'request')} in flight`))
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
