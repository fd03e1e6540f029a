import { parseDuration } from '../base/options.ts'
import { nothingWasLive } from '../database/lasting-services.ts'
import { makeDirectories, makeLogs } from '../environment/directory.ts'
import type { Environment } from '../environment/environment.ts'
import { readSecrets } from '../environment/secrets.ts'
import { type Site, siteOf } from '../proxy/site.ts'
import type { Result } from '../run/events.ts'
import { demandDirectory, lookAround, type Running } from '../run/execute.ts'
import { webhookVariable } from '../run/notify/announcer.ts'
import type { RenderOptions } from '../run/output/choose.ts'
import { runAt, type SessionOptions } from '../run/session.ts'
import { firstGround } from './first-ground.ts'
import { recordIncident } from './incident/write.ts'
import { createSecretsFile } from './secrets/secrets-file.ts'
import { groundOf } from './strangers/look.ts'

/** A script's name, and those of its options that every script has. */
interface Told extends RenderOptions {
  readonly script: string
  readonly wait: string | undefined
  readonly 'accept-found'?: boolean
}

/** @throws UsageError where `--wait` is no duration. */
export const sessionOf = ({ script, wait, json, verbose, quiet }: Told): SessionOptions => ({
  ...{ script, wait: parseDuration('wait', wait), json, verbose },
  ...(quiet === undefined ? {} : { quiet }),
})

/** What a script does on an environment. @returns what is to be printed. */
export type Procedure<Wanted = void> = (site: Site, wanted: Wanted) => Promise<Result>

/**
 * Runs a procedure on an environment: as {@link runAt} does. Where nothing was ever deployed, it stops at what the
 * toolkit did not make, and a run that fails says what it has left.
 * @returns the exit code.
 */
export async function runOn(environment: Environment, told: Told, procedure: Procedure): Promise<number> {
  const session = sessionOf(told)
  demandDirectory(environment)
  const { secrets } = readSecrets(environment) // so that no secret is shown from the first event on
  makeLogs(environment)
  const ground = firstGround(groundOf(environment), () => nothingWasLive(environment))
  const onSite = async (running: Running): Promise<Result> => {
    const site = await siteOf(environment, running)
    const isFirst = await ground.isFirst(running.run, told)
    if (!isFirst || told.script !== 'deploy') makeDirectories(environment) // a deploy makes them when it is cleared
    await createSecretsFile(environment, running.run)
    return procedure(site)
  }
  return runAt(environment, session, onSite, {
    webhooks: secrets[webhookVariable],
    left: ground.left,
    atEnd: (run, ended, logFile, reach) => recordIncident({ run, environment, logFile, told: reach }, ended),
  })
}

/** Looks at an environment: no lock, no log, nothing is changed. @returns the exit code. */
export async function lookAt(environment: Environment, told: Told, procedure: Procedure): Promise<number> {
  const session = sessionOf(told)
  demandDirectory(environment)
  readSecrets(environment)
  const ground = firstGround(groundOf(environment), () => nothingWasLive(environment))
  const look = async (running: Running): Promise<Result> => {
    if (told.script === 'deploy') await ground.isFirst(running.run, told)
    return procedure(await siteOf(environment, running))
  }
  return lookAround(environment, session, look, ground.left)
}
