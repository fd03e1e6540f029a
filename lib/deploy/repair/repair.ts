import { rmSync } from 'node:fs'
import { removeLeftovers } from '../../backup/leftovers.ts'
import { repairDatabase } from '../../backup/repair.ts'
import { collationsOf } from '../../database/collations.ts'
import { loginDirectory } from '../../docker/registry.ts'
import { readComposeState, shipMissingFiles } from '../../environment/directory.ts'
import { readReleases } from '../../environment/releases.ts'
import { type Secrets, secretsOf } from '../../environment/secrets.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { assignProfile } from '../colours.ts'
import { asIn } from '../own-login.ts'
import { settleRotation } from '../secrets/rotation.ts'
import { agreeOnLive, clearOthers, restoreSchema } from './live.ts'
import { restoreComposeState, startLive, startMissingServices } from './services.ts'

/** A site that is being repaired: the step that it is done in, and what was found and put right, in words. */
export interface Repairing extends Site {
  readonly step: Step
  readonly found: string[]
}

/**
 * Puts right what a killed run, a crashed machine or a `docker-compose down` left, from what is true: the proxy's
 * map, the containers, the database's own revision. It says what it found, and users stay where they are unless
 * that place is broken.
 */
export async function repair(site: Site, step: Step): Promise<void> {
  const { environment, project, run, unsettled } = site
  const wasLive = site.proxy.mapOnDisk() !== null || readReleases(environment).length > 0
  if (!wasLive && !readComposeState(environment)) return step.skip('the first deploy here')
  if (unsettled) run.note(`${unsettled.run} did not come to its end`)
  const found: string[] = []
  const repairing: Repairing = { ...site, step, found }
  const lost = wasLive ? shipMissingFiles(environment, await secretsInUse(site)) : []
  if (lost.length > 0) found.push(`written again, because it was lost: ${lost.join(', ')}`)
  if (await restoreComposeState(site)) found.push('.env was lost or damaged: written again from what runs')

  if (await project.endRunOnce()) found.push('ended its migration')
  rmSync(loginDirectory(environment), { recursive: true, force: true })
  if (!wasLive && !unsettled?.facts.length) return step.skip('the first deploy here was stopped early')
  const started = await startMissingServices(repairing)
  await repairDatabase(site, step, found)
  for (const name of await removeLeftovers(site)) found.push(`removed ${name}`)
  const live = await agreeOnLive(repairing)
  const rotation = await settleRotation(site, live, step)
  if (rotation) found.push(rotation)
  if (unsettled) {
    await clearOthers(repairing, live) // first: a candidate that runs must not meet the schema's way back
    await restoreSchema(repairing, live, unsettled)
  }
  await startLive(repairing, live, started)
  assignProfile(site, live)

  for (const problem of await collationsOf(project)) run.warn(problem)
  run.settle()
  if (found.length === 0) step.skip('nothing to repair')
  for (const finding of found) run.note(finding)
}

async function secretsInUse(site: Site): Promise<Secrets> {
  const live = site.proxy.mapOnDisk() ?? readReleases(site.environment).at(-1)?.colour
  const secrets = secretsOf(site.environment)
  return live === undefined ? secrets : asIn(site, live, secrets)
}
