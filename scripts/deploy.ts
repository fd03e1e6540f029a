#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { preDeployBackup } from '../lib/backup/before-change.ts'
import { together } from '../lib/base/all-settled.ts'
import { problemOf } from '../lib/base/failure.ts'
import { script } from '../lib/cli/main.ts'
import { lookAt, type Procedure, runOn } from '../lib/deploy/on-site.ts'
import { deployOptions, deployTarget, deployWanted, type Wanted } from '../lib/deploy/options.ts'
import { prepareServices, startDatabaseFoundHere } from '../lib/deploy/own-login.ts'
import { confirmPlan, dryRun, pullAndCheckMigrations, refuseHarmfulMigrations } from '../lib/deploy/plan.ts'
import { preflight } from '../lib/deploy/preflight/preflight.ts'
import { repair } from '../lib/deploy/repair/repair.ts'
import { liveRows, resultOf, rollOut } from '../lib/deploy/rollout/rollout.ts'
import { nextVersion, readReleases, sameImages } from '../lib/environment/releases.ts'

const deploy: Procedure<Wanted> = async (site, wanted) => {
  const { environment, run, runId, who } = site
  const { tag, restartServices: restart } = wanted
  const images = await run.step('Preflight', step => preflight(site, wanted, step))
  run.setTarget({ release: undefined, tag, images })
  if (wanted.ask) await confirmPlan(site, wanted, images)
  await run.step('Repair what an interrupted run left', step => repair(site, step))

  const releases = readReleases(environment)
  const live = releases.at(-1)
  if (live && sameImages(live, images) && !wanted.force) {
    run.note('this version is live already: nothing to do (--force deploys it again)')
    return liveRows(live)
  }
  await startDatabaseFoundHere(site)
  const [backup, checked] = await together([
    () => run.step('Backup database', step => preDeployBackup(site, wanted.backup, step)),
    () => pullAndCheckMigrations(site, wanted, images),
  ])
  await refuseHarmfulMigrations(site, wanted, checked)
  await prepareServices(site, { standsBy: false, restart })
  // Migrate, start the candidate, test it, move users, watch, and let the old version rest: lib/deploy/rollout/rollout.ts.
  const rolledOut = await rollOut(site, {
    version: { ...nextVersion(releases, images), run: runId, who, tag, backup },
    standsBy: false,
    migrations: wanted.migrations ? checked.migrations : undefined,
  })
  await run
    .step('Clean up old images', async step =>
      (await import('../lib/operations/cleanup/sweep.ts')).cleanUp(site, step),
    )
    .catch((error: unknown) => run.warn(problemOf(error))) // the new version is live and stays so
  return resultOf(rolledOut)
}

export const command = script(import.meta.filename, {
  name: 'deploy',
  summary:
    'Brings a version live beside the one that is, and loses no request. A failure is rolled back by itself.',
  options: deployOptions,
  examples: [
    ['npx tsx scripts/deploy.ts -e staging', 'the newest build of develop'],
    ['npx tsx scripts/deploy.ts -e production --dry-run', 'what would happen, with real facts'],
    ['npx tsx scripts/deploy.ts -e production --tag main-3f1c9a0', 'one particular build'],
    ['npx tsx scripts/deploy.ts -e shared', 'the TLS edge: its settings and its certificates'],
  ],
  run: async options => {
    const environment = await deployTarget(options.environment)
    if (environment.kind === 'edge')
      return (await import('../lib/operations/edge/deploy.ts')).deployEdge(environment, options)
    const wanted = deployWanted(options, environment)
    const told = { script: 'deploy', ...options }
    if (options['dry-run']) return lookAt(environment, told, site => dryRun(site, wanted))
    return runOn(environment, told, site => deploy(site, wanted))
  },
})
