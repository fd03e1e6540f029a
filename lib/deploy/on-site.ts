import { makeDirectories } from '../environment/directory.ts'
import type { Environment } from '../environment/environment.ts'
import { readSecrets } from '../environment/secrets.ts'
import { type Site, siteOf } from '../proxy/site.ts'
import { lookAround } from '../run/dry-run.ts'
import { webhookVariable } from '../run/notify/announcer.ts'
import type { RenderOptions } from '../run/output/choose.ts'
import type { Result } from '../run/result.ts'
import { demandDirectory } from '../run/running.ts'
import { type Aside, runAt, type SessionOptions } from '../run/session.ts'
import { recordIncident } from './incident/write.ts'
import { createSecretsFile } from './secrets/rendering.ts'

/**
 * Runs a procedure on an environment: as {@link runAt} does.
 * @returns the exit code.
 */
export async function runOn(
  environment: Environment,
  options: SessionOptions,
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  const { secrets } = readSecrets(environment) // so that no secret is shown from the first event on
  makeDirectories(environment)
  const aside: Aside = {
    webhooks: secrets[webhookVariable],
    atEnd: (run, ended, logFile, told) => recordIncident({ run, environment, logFile, told }, ended),
  }
  return runAt(
    environment,
    options,
    async running => {
      await createSecretsFile(environment, running.run)
      return procedure(await siteOf(environment, running))
    },
    aside,
  )
}

/** Looks at an environment: no lock, no log, nothing is changed. @returns the exit code. */
export async function lookAt(
  environment: Environment,
  options: RenderOptions & { script: string },
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  readSecrets(environment)
  return lookAround(environment, options, async running => procedure(await siteOf(environment, running)))
}
