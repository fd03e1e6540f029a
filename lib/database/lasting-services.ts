import type { Container } from '../docker/containers.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { pullMissing, resolve } from '../docker/images.ts'
import { liveVariables, loginIn } from '../docker/live-variables.ts'
import { withRegistry } from '../docker/registry.ts'
import {
  type ComposeState,
  type LastingImage,
  makeDirectories,
  ownFiles,
  readComposeState,
  renewDatabaseFile,
  restoreFiles,
  shipFiles,
  writeComposeState,
} from '../environment/directory.ts'
import type { Environment } from '../environment/environment.ts'
import { readUnasked } from '../environment/own-files.ts'
import { closeToOthers } from '../environment/private.ts'
import { pinned, readReleases } from '../environment/releases.ts'
import { readSecrets, type Secrets } from '../environment/secrets.ts'
import { HAProxy } from '../proxy/proxy.ts'
import type { Site } from '../proxy/site.ts'
import { setAside } from '../run/set-aside.ts'
import type { Step } from '../run/step.ts'
import { restoreLogin } from './login.ts'
import { databaseAnswers } from './state.ts'

/**
 * Writes what compose and the proxy read into the environment's directory. What this changes there is put back
 * when the run fails: a person's `docker compose up -d` must not then start the live version with new secrets.
 */
export function prepareDirectory({ environment, run }: Site, secrets: Secrets): void {
  makeDirectories(environment)
  const { closed, problems } = closeToOthers(environment.directory)
  for (const line of closed) run.note(line)
  for (const problem of problems) run.warn(problem)
  setAside(run, environment, nothingWasLive(environment) ? [...ownFiles, ...readUnasked] : ownFiles)
  const changed = shipFiles(environment, secrets)
  if (changed.length === 0 || readComposeState(environment) === undefined) return
  run.note(`changed in ${environment.directory}: ${changed.map(({ name }) => name).join(', ')}`)
  run.undo('Put the changed files back', async () => restoreFiles(environment, changed))
}

/**
 * Sees to it that the database and the proxy run. They serve the live version, so a deploy starts them
 * where they are missing and never recreates them.
 */
export async function startServices(site: Site, step: Step): Promise<void> {
  const { environment, project, proxy } = site
  const found = await project.containers(['db', 'proxy'])
  const database = found.find(({ service }) => service === 'db')
  const isDoubtful = nothingWasLive(environment) && !(await isSound(site, database))
  const runs = (service: string): boolean =>
    found.some(container => container.service === service && container.status === 'running')
  const before = readComposeState(environment)
  const state =
    before && !isDoubtful ? before : await firstState(site, step, runs('proxy') ? before : undefined)
  const missing = (['db', 'proxy'] as const).filter(
    service => !runs(service) || (service === 'db' && isDoubtful),
  )
  if (missing.length > 0 && proxy.mapOnDisk() === null) proxy.writeMap(null)
  if (missing.length > 0 || !before) writeComposeState(environment, state)
  if (missing.length === 0) return step.skip('running, left as they are')
  if (isDoubtful && database) await project.remove([database]) // never the volume
  await pullServices(site, step)
  await startLasting(site, missing, step)
  step.note(`started ${missing.join(' and ')}`)
}

/** Starts the database or the proxy where they do not run, and waits until they are healthy. */
export async function startLasting(
  { environment, project, proxy, run }: Site,
  services: readonly ('db' | 'proxy')[],
  step: Step,
): Promise<void> {
  const found = await project.containers(services)
  const isNew = services.includes('db') && !found.some(({ service }) => service === 'db')
  if (isNew) renewDatabaseFile(environment, readSecrets(environment).secrets)
  const paused = found.filter(({ status }) => status === 'paused')
  await project.unpause(paused)
  await project.stop(paused) // started anew, it is not judged by the health checks that it could not answer
  await project.start(services, { fresh: false })
  await waitUntilHealthy(project, services, { step, signal: run.signal })
  const live = proxy.mapOnDisk()
  if (isNew && live !== null) await restoreLogin(project, loginIn(await liveVariables(project, live)))
}

/** No image has proved itself yet, and nobody has been served. */
export const nothingWasLive = (environment: Environment): boolean =>
  readReleases(environment).length === 0 && new HAProxy(environment).mapOnDisk() === null

/**
 * Whether the database of a first deploy has come up, or still may. The image of one that has not is not kept: it may be
 * why, and the settings may name another by now. One that is just starting may be making its files, and is left alone.
 */
async function isSound(site: Site, database: Container | undefined): Promise<boolean> {
  if (database === undefined) return false
  const isStarting = ['running', 'paused'].includes(database.status) && database.restarts === 0
  return isStarting || databaseAnswers(site)
}

/** Before the first deploy: the services' tags are resolved to digests, once and for all; not of a proxy that runs. */
async function firstState({ environment }: Site, step: Step, running?: ComposeState): Promise<ComposeState> {
  step.progress('resolving the images of the database and the proxy')
  return {
    live: null,
    images: { blue: undefined, green: undefined },
    database: await pinTag(environment, environment.images.database),
    proxy: running?.proxy ?? (await pinTag(environment, environment.images.proxy)),
  }
}

/** What a service's tag means now. */
export async function pinTag(environment: Environment, tag: string): Promise<LastingImage> {
  const colon = tag.lastIndexOf(':')
  const [name, version] = [tag.slice(0, colon), tag.slice(colon + 1)]
  return { tag, image: await withRegistry(environment, access => resolve(access, name, version)) }
}

export async function pullServices(site: Site, step: Step): Promise<void> {
  const state = readComposeState(site.environment)
  if (state) await pullMissing(site, [pinned(state.database.image), pinned(state.proxy.image)], step)
}
