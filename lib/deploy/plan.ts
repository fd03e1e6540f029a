import { bytes, columns, printable } from '../base/text.ts'
import { databaseSize, type Revision, showRevision } from '../database/database.ts'
import { warnOfUrl } from '../database/migration-advice.ts'
import { pendingAt } from '../database/revision-graph.ts'
import { checkSchema } from '../database/schema-check.ts'
import { currentRevision, type DatabaseState, databaseState } from '../database/state.ts'
import { pullRelease } from '../docker/images.ts'
import { otherColour } from '../environment/environment.ts'
import { type Images, readReleases, shortDigest } from '../environment/releases.ts'
import { fails } from '../migrate-check/finding.ts'
import type { Site } from '../proxy/site.ts'
import { confirm } from '../run/confirm.ts'
import type { Result } from '../run/events.ts'
import type { Wanted } from './options.ts'
import { plannedLogin } from './own-login.ts'
import { assertSafe, type Judgement, judge, notJudged, type Pending, verdictLines } from './pending-check.ts'
import { preflight } from './preflight/preflight.ts'

const waysOut = 'deploy a newer version, which knows that revision, or roll the schema back first'

/** Pulls the images and compares their migrations with the database. */
async function compareMigrations(site: Site, images: Images, from: Revision | undefined) {
  await site.run.step('Pull latest images', step => pullRelease(site, images, step))
  return site.run.step('Compare migrations', () => checkSchema(site, images.backend, from, waysOut))
}

/** The same, and tries what is pending on a scratch database. */
export async function pullAndCheckMigrations(site: Site, wanted: Wanted, images: Images) {
  const from = await currentRevision(site)
  const migrations = await compareMigrations(site, images, from)
  const revisions = wanted.migrations ? pendingAt(migrations, from) : []
  if (revisions.length > 0) await warnOfUrl(site, images.backend)
  const pending: Pending = { image: images.backend, from, revisions }
  const judgement = await site.run.step('Check pending migrations', step =>
    judge(site, pending, wanted.acceptMigrations, step),
  )
  return { migrations, pending, judgement }
}

/**
 * Says what is pending, stops where it would hurt, and tries it on the newest backup where that is wanted.
 * @throws Failure before anything is changed.
 */
export async function refuseHarmfulMigrations(
  site: Site,
  { acceptMigrations, rehearse }: Wanted,
  { judgement, pending }: { judgement: Judgement; pending: Pending },
): Promise<void> {
  assertSafe(site, judgement, acceptMigrations)
  if (rehearse)
    await site.run.step('Rehearse migrations on the newest backup', async step =>
      (await import('./pending-rehearsal.ts')).rehearsePending(site, pending, step),
    )
}

/** What a deploy would do: pulls the images to read their migrations, and changes nothing else. */
async function plan(site: Site, wanted: Wanted, images: Images) {
  const database = await databaseState(site)
  if (database.is === 'down') await compareMigrations(site, images, undefined)
  const { pending, judgement } =
    database.is === 'down'
      ? { pending: undefined, judgement: notJudged }
      : await pullAndCheckMigrations(site, wanted, images)
  const rows = await planOf(site, wanted, { images, database, pending, judgement })
  return { rows, judgement: { ...judgement, verdicts: [] } } // the rows have them
}

const show = ({ run }: Site, rows: Result): void => run.note(columns(rows).replaceAll('\n', '\n    '))

/** @throws Failure where the pending migrations would hurt, and that was not accepted. */
export async function dryRun(site: Site, wanted: Wanted): Promise<Result> {
  const images = await site.run.step('Preflight', step => preflight(site, wanted, step))
  const { rows, judgement } = await plan(site, wanted, images)
  if (judgement.findings.some(fails)) show(site, rows) // what follows is no result, but a refusal
  assertSafe(site, judgement, wanted.acceptMigrations)
  return rows
}

/** Shows the plan and asks. @throws Failure likewise, and when the answer is not yes. */
export async function confirmPlan(site: Site, wanted: Wanted, images: Images): Promise<void> {
  const { rows, judgement } = await plan(site, wanted, images)
  show(site, rows)
  assertSafe(site, judgement, wanted.acceptMigrations)
  await confirm(`Deploy ${wanted.tag} to ${site.environment.name}?`, site.run.signal)
}

interface Known {
  readonly images: Images
  /** As it is now; nothing is known of the schema of one that is down. */
  readonly database: DatabaseState
  readonly pending: Pending | undefined
  readonly judgement: Judgement
}

/** What a deploy would do, from real facts, as rows for a person. */
export async function planOf(
  site: Site,
  { tag, migrations, backup }: Pick<Wanted, 'tag' | 'migrations' | 'backup'>,
  { images, database, pending, judgement: { verdicts, findings, allowed } }: Known,
): Promise<Result> {
  const { environment, project, proxy } = site
  const colour = proxy.mapOnDisk()
  const live = readReleases(environment).at(-1)
  const size =
    database.is === 'ready' ? `a database of ${bytes(await databaseSize(project))}` : 'the database'
  const judged = verdicts.length > 0 ? verdictLines(verdicts) : (pending?.revisions ?? [])
  const known = pending ? `${pending.revisions.length} pending` : 'not known before it is started'
  const next = colour === null ? 'blue' : otherColour(colour)
  const grave = findings.filter(({ level }) => level !== 'note')
  const lines = [
    ...judged,
    ...grave.map(finding => `${fails(finding) ? '✗' : '!'} ${finding.id}: ${finding.what}`),
    ...allowed.map(({ finding, reason }) => `– ${finding.id} is allowed: ${printable(reason)}`),
  ]
  return [
    ['live now', live ? `${colour}, release ${live.release}, ${live.tag}` : 'nothing'],
    ['to be live', `${next}, ${tag} (${environment.strategy})`],
    ['backend', shortDigest(images.backend)],
    ['frontend', shortDigest(images.frontend)],
    ['schema', database.is === 'down' ? `not known: ${database.why}` : showRevision(pending?.from ?? null)],
    ['migrations', migrations ? known : 'not run'],
    ...lines.map(line => ['', line] as const),
    ...(await plannedLogin(site)),
    ['backup', database.is === 'absent' ? 'none: no database yet' : backup ? `of ${size}` : 'SKIPPED'],
  ]
}
