import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, problemOf } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import { sql } from '../database/database.ts'
import { pinTag, pullServices } from '../database/lasting-services.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { servicesOf } from '../docker/project.ts'
import { readComposeState, renewDatabaseFile, writeComposeState } from '../environment/directory.ts'
import { readSecrets } from '../environment/secrets.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'

type Lasting = 'db' | 'proxy'

/**
 * The database and the proxy serve the live version, so a deploy leaves them as they run. When their settings have
 * changed meanwhile it says so; with `--restart-services` it restarts them, which users notice for some seconds.
 */
export async function handleChangedServices(site: Site, restart: boolean): Promise<void> {
  const changed = await changedServices(site)
  for (const service of changed) {
    if (restart)
      await site.run.step(`Restart ${service} with its new settings`, step =>
        restartService(site, service, step),
      )
    else
      site.run.warn({
        what: `${service} runs with older settings than the toolkit's; it is left as it is`,
        fix: 'in a quiet hour: deploy with --restart-services; users wait for some seconds',
      })
  }
}

async function changedServices({ environment, project }: Site): Promise<Lasting[]> {
  const services = ['db', 'proxy'] as const
  const state = readComposeState(environment)
  const recreated = await project.wouldRecreate(services)
  const [proxy] = await project.containers(['proxy'])
  const configured = statSync(join(environment.directory, 'proxy', 'haproxy.cfg')).mtimeMs
  const isChanged = {
    db: recreated.includes('db') || state?.database.tag !== environment.images.database,
    proxy:
      recreated.includes('proxy') ||
      state?.proxy.tag !== environment.images.proxy ||
      (proxy !== undefined && configured > proxy.startedAt),
  }
  return services.filter(service => isChanged[service])
}

async function restartService(site: Site, service: Lasting, step: Step): Promise<void> {
  const { environment, project } = site
  const state = readComposeState(environment)
  if (!state) return
  const key = service === 'db' ? 'database' : 'proxy'
  const tag = environment.images[key]
  if (key === 'database' && majorOf(tag) !== majorOf(state.database.tag))
    throw new Failure({
      what: `${state.database.tag} cannot become ${tag} by a restart: PostgreSQL's major versions do not read each other's files`,
      fix: `dump with the old version and restore with the new one, or set the settings back to ${state.database.tag}`,
    })
  if (service === 'db') await demandRoomForBuffers(site)
  if (tag !== state[key].tag)
    writeComposeState(environment, { ...state, [key]: await pinTag(environment, tag) })
  await pullServices(site, step)
  if (service === 'db') renewDatabaseFile(environment, readSecrets(environment).secrets)
  await project.start([service], { fresh: true })
  await waitUntilHealthy(project, [service], { step })
  const live = service === 'proxy' ? site.proxy.mapOnDisk() : null
  if (live === null) return
  try {
    // It serves before it knows where the live version is.
    await site.proxy.waitForAddresses(project, servicesOf(live), site.run.signal)
  } catch (error) {
    site.run.warn(problemOf(error)) // a broken live version is what this deploy may be about to replace
  }
}

/** What docker-compose.yml lets the database have, in bytes. */
export const databaseMemory = 4 * 1024 ** 3

/** @throws Failure where somebody has given the server more memory than its container may take: it would not live long. */
async function demandRoomForBuffers({ project }: Site): Promise<void> {
  const asked = await sql(project, "select pg_size_bytes(current_setting('shared_buffers'))")
  if (Number(asked) <= databaseMemory * 0.75) return
  throw new Failure({
    what: `shared_buffers are ${bytes(Number(asked))}, and the container of db may take ${bytes(databaseMemory)} in all`,
    fix: 'raise the memory of db in environments/docker-compose.yml, or lower shared_buffers',
  })
}

const majorOf = (image: string): string => /:(\d+)/.exec(image)?.[1] ?? ''
