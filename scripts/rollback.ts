#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { preDeployBackup } from '../lib/backup/before-change.ts'
import { commandOf } from '../lib/base/command-text.ts'
import { commonOptions } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { showRevision } from '../lib/database/database.ts'
import { migrationsOf } from '../lib/database/migrations.ts'
import { backTo, backToKnown, type Descent, stepsBack, unknownTo } from '../lib/database/revision-graph.ts'
import { checkSchema } from '../lib/database/schema-check.ts'
import { standsBy } from '../lib/deploy/colours.ts'
import { revisionIfCrowded } from '../lib/deploy/crowded.ts'
import { runOn } from '../lib/deploy/on-site.ts'
import { prepareServices } from '../lib/deploy/own-login.ts'
import { repair } from '../lib/deploy/repair/repair.ts'
import { rollBackDatabase } from '../lib/deploy/rollback/database.ts'
import {
  type DeploymentRollback,
  type MigrationRollback,
  rollbackOptions,
  rollbackWanted,
} from '../lib/deploy/rollback/options.ts'
import { descentLines, type Guide, guideBack, takeSchemaBack } from '../lib/deploy/rollback/schema.ts'
import { releaseTable, targetOf } from '../lib/deploy/rollback/target.ts'
import { isFit, testLive } from '../lib/deploy/rollout/migrate.ts'
import { resultOf, rollOut } from '../lib/deploy/rollout/rollout.ts'
import { demandEngine } from '../lib/docker/answers.ts'
import { pullRelease } from '../lib/docker/images.ts'
import { type Release, readReleases, recordSchema } from '../lib/environment/releases.ts'
import { secretsOf } from '../lib/environment/secrets.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { type Site, smokeTestColour } from '../lib/proxy/site.ts'
import { asksOrHasYes, asksSomebody, confirm } from '../lib/run/confirm.ts'
import type { Result } from '../lib/run/events.ts'

type Asking<Wanted> = Wanted & { readonly ask: boolean }

/** Secrets that are sound, and an engine that answers. */
async function demandMeans({ environment }: Site): Promise<void> {
  secretsOf(environment)
  await demandEngine()
}

async function rollBackDeployment(site: Site, wanted: Asking<DeploymentRollback>): Promise<Result> {
  const { environment, project, run } = site
  await run.step('Preflight', () => demandMeans(site))
  await run.step('Repair what an interrupted run left', step => repair(site, step))

  const target = await run.step('Choose the release', async step => {
    const found = targetOf(readReleases(environment), wanted.to)
    step.note(`release ${found.release}, ${found.tag}`)
    return found
  })
  run.setTarget(target)
  const ready = await standsBy(project, target)
  await run.step('Pull images', async step => {
    if (ready) step.skip('its containers still exist')
    else await pullRelease(site, target.images, step)
  })
  const back = await run.step('Compare migrations', () => schemaFor(site, target, wanted))
  if (back) warnOfLoss(site, back)
  if (wanted.ask)
    await confirm(`Roll ${environment.name} back to release ${target.release} (${target.tag})?`, run.signal)
  const backup = back && (await run.step('Backup database', step => preDeployBackup(site, true, step)))
  await prepareServices(site, { standsBy: ready })
  const version = { ...target, kind: 'rollback', run: site.runId, who: site.who } as const
  return resultOf(
    await rollOut(site, {
      version: backup ? { ...version, backup } : version,
      standsBy: ready,
      makesRoom: true,
      takeBack: back && (() => takeSchemaBack(site, back.guide, back.descent)),
    }),
  )
}

/** Where the target was made for an older schema: the way back to it. @throws Failure unless that was asked for. */
async function schemaFor(site: Site, target: Release, { withMigrations }: DeploymentRollback) {
  const { backend } = target.images
  if (!withMigrations) {
    await checkSchema(site, backend, await revisionIfCrowded(site), waysOut(site, target))
    return undefined
  }
  const older = await migrationsOf(site, backend)
  const guide = await guideBack(site)
  if (unknownTo(older, guide.revision).length === 0) return undefined
  return { guide, descent: backToKnown(guide.graph, guide.revision, older) }
}

/** The target was made for an older schema; what a person can do about it, each way with its price. */
const waysOut = ({ environment }: Site, target: Release): string =>
  [
    'fix the live version and deploy that: nothing is lost; or',
    `roll the schema back, too: what was written into the newer schema's columns is then in the backup alone,`,
    `and the live version may fail until the switch: ${commandOf('rollback', environment.name)} -t deployment --to ${target.release} --with-migrations`,
  ].join('\n')

async function rollBackMigrations(site: Site, { back, ask }: Asking<MigrationRollback>): Promise<Result> {
  const { environment, run } = site
  await run.step('Preflight', () => demandMeans(site))
  await run.step('Repair what an interrupted run left', step => repair(site, step))

  const guide = await run.step('Find the image that knows the way', async step => {
    const found = await guideBack(site)
    step.note(`${found.colour}, at ${found.revision}`)
    return found
  })
  const { graph, live, revision } = guide
  const descent = 'steps' in back ? stepsBack(graph, revision, back.steps) : backTo(graph, revision, back.to)
  warnOfLoss(site, { guide, descent })
  if (ask) await confirm(`Take the schema of ${environment.name} back?`, run.signal)

  const fit = await isFit(site, live)
  if (fit) run.undo(`Check that ${live} serves as before`, () => smokeTestColour(site, live))
  const backup = await run.step('Backup database', step => preDeployBackup(site, true, step))
  await takeSchemaBack(site, guide, descent)
  const fix = `roll both back: ${commandOf('rollback', environment.name)} -t deployment --with-migrations`
  await testLive(site, live, { fit, schema: 'older', fix })
  await run.step('Record the schema', async step => {
    recordSchema(site, descent.to)
    run.keep()
    step.note(showRevision(descent.to))
  })
  return [
    ['schema', `${showRevision(descent.to)}, was ${descent.from}`],
    ['backup', backup ?? 'none'],
    ['forward again', `${commandOf('deploy', environment.name)} --force`],
  ]
}

function warnOfLoss({ run }: Site, { guide, descent }: { guide: Guide; descent: Descent }): void {
  run.warn({
    what: `the schema is rolled back to ${showRevision(descent.to)}: what was written into what these added is then in the backup alone`,
    detail: descentLines(guide.graph, descent).join('\n'),
  })
}

async function list(name: string | undefined): Promise<number> {
  const environment = await loadEnvironment(name)
  process.stdout.write(`${releaseTable(readReleases(environment), Date.now())}\n`)
  return 0
}

void main({
  name: 'rollback',
  summary: 'Returns to what was before: the version with the gates of a deploy, the schema, or the data.',
  options: {
    ...commonOptions,
    list: { type: 'flag', describe: 'list the releases' },
    ...rollbackOptions,
  },
  examples: [
    ['npx tsx scripts/rollback.ts -e production -t deployment', 'back to the release before'],
    ['npx tsx scripts/rollback.ts -e production --list', 'which releases there are'],
    ['npx tsx scripts/rollback.ts -e production -t deployment --to 12', 'back to release 12'],
    ['npx tsx scripts/rollback.ts -e production -t database', 'to the newest verified backup'],
    ['npx tsx scripts/rollback.ts -e production -t migration', 'the newest migration, rolled back'],
  ],
  run: async options => {
    if (options.list) return list(options.environment)
    const wanted = rollbackWanted(options)
    const environment = await loadEnvironment(options.environment)
    // Containers alone go back without a loss, and in a hurry; all else takes something away.
    const isHarmless = wanted.type === 'deployment' && !wanted.withMigrations
    const ask = (isHarmless ? asksSomebody : asksOrHasYes)(environment, options.yes)
    return runOn(environment, { script: 'rollback', ...options }, site => {
      if (wanted.type === 'deployment') return rollBackDeployment(site, { ...wanted, ask })
      if (wanted.type === 'migration') return rollBackMigrations(site, { ...wanted, ask })
      return rollBackDatabase(site, { ...wanted, ask })
    })
  },
})
