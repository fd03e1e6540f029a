#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { preDeployBackup } from '../lib/backup/before-change.ts'
import { together } from '../lib/base/all-settled.ts'
import { problemOf, UsageError } from '../lib/base/failure.ts'
import { commonOptions, parseDuration } from '../lib/base/options.ts'
import { columns } from '../lib/base/text.ts'
import { main } from '../lib/cli/main.ts'
import type { Revision } from '../lib/database/database.ts'
import { prepareDirectory, startServices } from '../lib/database/lasting-services.ts'
import { warnOfUrl } from '../lib/database/migration-advice.ts'
import { pendingAt } from '../lib/database/revision-graph.ts'
import { checkSchema } from '../lib/database/schema-check.ts'
import { currentRevision, databaseState } from '../lib/database/state.ts'
import { lookAt, runOn } from '../lib/deploy/on-site.ts'
import { prepareServices } from '../lib/deploy/own-login.ts'
import { assertSafe, judgeOrWarn, notJudged } from '../lib/deploy/pending-check.ts'
import { planOf } from '../lib/deploy/plan.ts'
import { preflight } from '../lib/deploy/preflight/preflight.ts'
import { repair } from '../lib/deploy/repair/repair.ts'
import { liveRows, resultOf, rollOut } from '../lib/deploy/rollout/rollout.ts'
import { handleChangedServices } from '../lib/deploy/service-changes.ts'
import { waitUntilHealthy } from '../lib/docker/health.ts'
import { parseDigests, parseTag } from '../lib/docker/image-options.ts'
import { pullRelease } from '../lib/docker/images.ts'
import type { Part } from '../lib/environment/environment.ts'
import { type Images, nextVersion, readReleases, sameImages } from '../lib/environment/releases.ts'
import { secretsOf } from '../lib/environment/secrets.ts'
import { loadTarget } from '../lib/environment/settings.ts'
import { fails } from '../lib/migrate-check/finding.ts'
import type { Site } from '../lib/proxy/site.ts'
import { variableOf } from '../lib/remote/destination.ts'
import { asksSomebody, confirm } from '../lib/run/confirm.ts'
import type { Result } from '../lib/run/events.ts'
import type { Step } from '../lib/run/step.ts'

interface Wanted {
  readonly tag: string
  readonly digests: Readonly<Record<Part, string>> | undefined
  readonly build: boolean
  readonly backup: boolean
  readonly migrations: boolean
  /** Go on although the pending migrations would hurt. */
  readonly acceptMigrations: boolean
  /** Try the pending migrations on the newest backup first. */
  readonly rehearse: boolean
  readonly restartServices: boolean
  readonly force: boolean
  readonly ask: boolean
}

async function deploy(site: Site, wanted: Wanted): Promise<Result> {
  const { environment, run } = site
  const { images } = await run.step('Preflight', step => preflight(site, wanted, step))
  run.setTarget({ release: undefined, tag: wanted.tag, images })
  if (wanted.ask) await confirmPlan(site, wanted, images)
  await run.step('Repair what an interrupted run left', step => repair(site, step))

  const releases = readReleases(environment)
  const live = releases.at(-1)
  if (!live && (await databaseState(site)).is === 'down')
    await run.step('Start the database that is there', step => startFound(site, step))
  if (live && sameImages(live, images) && !wanted.force) {
    run.note('this version is live already: nothing to do (--force deploys it again)')
    return liveRows(live)
  }
  const [backup, { migrations, pending, judgement }] = await together([
    () => run.step('Backup database', step => preDeployBackup(site, wanted.backup, step)),
    async () => lookAtMigrations(site, wanted, images, await currentRevision(site)),
  ])
  assertSafe(site, judgement, wanted.acceptMigrations)
  if (wanted.rehearse)
    await run.step('Rehearse migrations on the newest backup', async step =>
      (await import('../lib/deploy/pending-rehearsal.ts')).rehearsePending(site, pending, step),
    )
  await prepareServices(site, false)
  await handleChangedServices(site, wanted.restartServices)

  const version = {
    ...nextVersion(releases, images),
    run: site.runId,
    who: site.who,
    tag: wanted.tag,
    backup,
  }
  const rolledOut = await rollOut(site, {
    version,
    standsBy: false,
    migrations: wanted.migrations ? migrations : undefined,
  })
  await run
    .step('Clean up old images', async step =>
      (await import('../lib/operations/cleanup/sweep.ts')).cleanUp(site, step),
    )
    .catch((error: unknown) => run.warn(problemOf(error))) // the new version is live and stays so
  return resultOf(rolledOut)
}

/** A first deploy that was stopped or removed has left a database, or its volume: it is backed up like any other. */
async function startFound(site: Site, step: Step): Promise<void> {
  const { environment, project, run } = site
  prepareDirectory(site, secretsOf(environment))
  await startServices(site, step)
  await waitUntilHealthy(project, ['db'], { step, signal: run.signal })
}

/** Pulls the images and compares their migrations with the database. */
async function compareMigrations(site: Site, images: Images, from: Revision | undefined) {
  await site.run.step('Pull latest images', step => pullRelease(site, images, step))
  return site.run.step('Compare migrations', () => checkSchema(site, images.backend, from, waysOut))
}

/** The same, and tries what is pending on a scratch database. */
async function lookAtMigrations(site: Site, wanted: Wanted, images: Images, from: Revision) {
  const migrations = await compareMigrations(site, images, from)
  const revisions = wanted.migrations ? pendingAt(migrations, from) : []
  if (revisions.length > 0) await warnOfUrl(site, images.backend)
  const pending = { image: images.backend, from, revisions }
  const judgement = await site.run.step('Check pending migrations', step =>
    judgeOrWarn(site, pending, wanted.acceptMigrations, step),
  )
  return { migrations, pending, judgement }
}

/** What a deploy would do: pulls the images to read their migrations, and changes nothing else. */
async function plan(site: Site, wanted: Wanted, images: Images) {
  const database = await databaseState(site)
  const common = {
    ...{ tag: wanted.tag, images, database },
    ...{ live: readReleases(site.environment).at(-1), backup: wanted.backup, migrations: wanted.migrations },
  }
  if (database.is === 'down') {
    await compareMigrations(site, images, undefined)
    const rows = await planOf(site, { ...common, pending: undefined, judgement: notJudged })
    return { rows, judgement: notJudged }
  }
  const from = await currentRevision(site)
  const { pending, judgement } = await lookAtMigrations(site, wanted, images, from)
  return { rows: await planOf(site, { ...common, pending, judgement }), judgement }
}

async function dryRun(site: Site, wanted: Wanted): Promise<Result> {
  const { images } = await site.run.step('Preflight', step => preflight(site, wanted, step))
  const { rows, judgement } = await plan(site, wanted, images)
  if (judgement.findings.some(fails)) show(site, rows) // what follows is no result, but a refusal
  assertSafe(site, { ...judgement, verdicts: [] }, wanted.acceptMigrations)
  return rows
}

const show = ({ run }: Site, rows: Result): void => run.note(columns(rows).replaceAll('\n', '\n    '))

async function confirmPlan(site: Site, wanted: Wanted, images: Images): Promise<void> {
  const { rows, judgement } = await plan(site, wanted, images)
  show(site, rows)
  assertSafe(site, { ...judgement, verdicts: [] }, wanted.acceptMigrations)
  await confirm(`Deploy ${wanted.tag} to ${site.environment.name}?`, site.run.signal)
}

const noHost = (name: string): UsageError =>
  new UsageError(
    `${variableOf(name, 'HOST')} is not set: this machine is GitHub's, and no VPS`,
    `gh variable set ${variableOf(name, 'HOST')} --env ${name} --body <the VPS's host name>`,
  )

const waysOut = 'deploy a newer version, which knows that revision, or take the schema back first'

void main({
  name: 'deploy',
  summary:
    'Brings a version live beside the one that is, and loses no request. A failure is taken back by itself.',
  options: {
    ...commonOptions,
    tag: { type: 'value', value: '<tag>', describe: "which images (default: the environment's branch)" },
    'backend-digest': {
      type: 'value',
      value: '<sha256:…>',
      describe: 'this very image, whatever the tag means now',
    },
    'frontend-digest': { type: 'value', value: '<sha256:…>', describe: 'likewise; both or neither' },
    build: { type: 'flag', describe: 'build from source on this machine: when the registry is away' },
    'skip-backup': { type: 'flag', describe: 'do not back the database up first' },
    'skip-migrations': { type: 'flag', describe: 'leave the schema as it is' },
    'accept-migrations': {
      type: 'flag',
      describe: 'go on although the pending migrations would hurt',
    },
    rehearse: { type: 'flag', describe: 'first try the pending migrations on a restored backup' },
    'dry-run': { type: 'flag', describe: 'show what would be done, and do nothing' },
    'restart-services': {
      type: 'flag',
      describe: 'also restart the database and the proxy where their settings changed',
    },
    force: { type: 'flag', describe: 'deploy also what is live already' },
    'accept-found': {
      type: 'flag',
      describe: 'a first deploy: go on beside what others have left here',
    },
  },
  examples: [
    ['npx tsx scripts/deploy.ts -e staging', 'the newest build of develop'],
    ['npx tsx scripts/deploy.ts -e production --dry-run', 'what would happen, with real facts'],
    ['npx tsx scripts/deploy.ts -e production --tag main-3f1c9a0', 'one particular build'],
    ['npx tsx scripts/deploy.ts -e shared', 'the TLS edge: its settings and its certificates'],
  ],
  run: async options => {
    const wait = parseDuration('wait', options.wait)
    const tag = options.tag === undefined ? undefined : parseTag(options.tag)
    const digests = parseDigests(options['backend-digest'], options['frontend-digest'])
    if (digests && options.build) throw new UsageError('--build makes its own images: it takes no digests')
    const environment = await loadTarget(options.environment)
    // Without the variable it would run here, and find nothing of what a VPS has.
    if (process.env['GITHUB_ACTIONS'] === 'true' && process.env['RUNNER_ENVIRONMENT'] === 'github-hosted')
      throw noHost(environment.name)
    const session = {
      ...{ script: 'deploy', wait, json: options.json, verbose: options.verbose },
      acceptFound: options['accept-found'],
    }
    if (environment.kind === 'edge')
      return (await import('../lib/operations/edge/deploy.ts')).deployEdge(environment, options, session)
    const wanted = {
      tag: tag ?? environment.branch,
      digests,
      build: options.build,
      backup: !options['skip-backup'],
      migrations: !options['skip-migrations'],
      acceptMigrations: options['accept-migrations'],
      rehearse: options.rehearse || environment.rehearse,
      restartServices: options['restart-services'],
      force: options.force,
      ask: asksSomebody(environment, options.yes),
    }
    if (options['dry-run']) return lookAt(environment, session, site => dryRun(site, wanted))
    return runOn(environment, session, site => deploy(site, wanted))
  },
})
