#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { commandOf } from '../lib/base/command-text.ts'
import { Failure, Problems } from '../lib/base/failure.ts'
import { commonOptions } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { smokeTestUsers } from '../lib/deploy/colours.ts'
import { runOn } from '../lib/deploy/on-site.ts'
import { engineProblems, portProblems } from '../lib/deploy/preflight/machine.ts'
import { repair } from '../lib/deploy/repair/repair.ts'
import { liveRows } from '../lib/deploy/rollout/rollout.ts'
import { servicesOf } from '../lib/docker/project.ts'
import { readReleases } from '../lib/environment/releases.ts'
import { readSecrets } from '../lib/environment/secrets.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { type Site, waitForServices } from '../lib/proxy/site.ts'
import type { Result } from '../lib/run/events.ts'
import type { Step } from '../lib/run/step.ts'

/** "Complete system down": brings back what was live, needs neither the registry nor a new version, deploys nothing. */
async function bringBack(site: Site): Promise<Result> {
  const { environment, run } = site
  await run.step('Preflight', () => demandMeans(site))
  await run.step('Repair', step => repair(site, step))
  const live = readReleases(environment).at(-1)
  if (!live) return [['live', 'nothing: nothing was ever deployed here']]
  await run.step("Smoke tests at the users' ports", step => tested(site, step))
  return liveRows(live)
}

/** @throws Problems with all that keeps containers from being started. */
async function demandMeans(site: Site): Promise<void> {
  const engine = await engineProblems()
  const { problems } = readSecrets(site.environment)
  const ports = engine.length === 0 ? await portProblems(site) : []
  const all = [...engine, ...problems, ...ports]
  if (all.length > 0) throw new Problems(`${site.environment.name} cannot be repaired yet`, all)
}

/** After a reboot the containers may still be starting; where the database was away, the engine calls them unhealthy yet. */
async function tested(site: Site, step: Step): Promise<void> {
  try {
    const live = site.proxy.mapOnDisk()
    if (live !== null) await waitForServices(site, servicesOf(live), step, true)
    await smokeTestUsers(site)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { name } = site.environment
    const fix = [
      `everything runs, and the version itself fails. Its log: make logs E=${name}`,
      `back to the release before: ${commandOf('rollback', name)} -t deployment`,
    ].join('\n')
    throw new Failure({ what: error.what, detail: error.detail, fix }, error.exitCode)
  }
}

void main({
  name: 'repair',
  summary:
    'Brings back what was live: after a crash, a reboot, a killed run, a lost file. It deploys nothing.',
  options: commonOptions,
  examples: [['npx tsx scripts/repair.ts -e production', 'the system is down: the first thing to try']],
  run: async options => {
    const environment = await loadEnvironment(options.environment)
    return runOn(environment, { script: 'repair', ...options }, bringBack)
  },
})
