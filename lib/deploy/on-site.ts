import { nothingWasLive } from '../database/lasting-services.ts'
import { makeDirectories, makeLogs } from '../environment/directory.ts'
import type { Environment } from '../environment/environment.ts'
import { readSecrets } from '../environment/secrets.ts'
import { type Site, siteOf } from '../proxy/site.ts'
import type { Result } from '../run/events.ts'
import { demandDirectory, lookAround } from '../run/execute.ts'
import { webhookVariable } from '../run/notify/announcer.ts'
import type { RenderOptions } from '../run/output/choose.ts'
import { type Aside, runAt, type SessionOptions } from '../run/session.ts'
import { type Accepting, FirstGround } from './first-ground.ts'
import { recordIncident } from './incident/write.ts'
import { createSecretsFile } from './secrets/rendering.ts'
import { groundOf } from './strangers/look.ts'

/**
 * Runs a procedure on an environment: as {@link runAt} does. Where nothing was ever deployed, it stops at what the
 * toolkit did not make, and a run that fails says what it has left.
 * @returns the exit code.
 */
export async function runOn(
  environment: Environment,
  options: SessionOptions & Accepting,
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  const { secrets } = readSecrets(environment) // so that no secret is shown from the first event on
  makeLogs(environment)
  const ground = new FirstGround(groundOf(environment), () => nothingWasLive(environment))
  const aside: Aside = {
    webhooks: secrets[webhookVariable],
    left: () => ground.left(),
    atEnd: (run, ended, logFile, told) => recordIncident({ run, environment, logFile, told }, ended),
  }
  return runAt(
    environment,
    options,
    async running => {
      const site = await siteOf(environment, running)
      const isFirst = await ground.isFirst(running.run, options)
      if (!isFirst || options.script !== 'deploy') makeDirectories(environment) // a deploy makes them when it is cleared
      await createSecretsFile(environment, running.run)
      return procedure(site)
    },
    aside,
  )
}

/** Looks at an environment: no lock, no log, nothing is changed. @returns the exit code. */
export async function lookAt(
  environment: Environment,
  options: RenderOptions & Accepting & { script: string },
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  readSecrets(environment)
  const ground = new FirstGround(groundOf(environment), () => nothingWasLive(environment))
  return lookAround(
    environment,
    options,
    async running => {
      if (options.script === 'deploy') await ground.isFirst(running.run, options)
      return procedure(await siteOf(environment, running))
    },
    () => ground.left(),
  )
}
