import { Failure, problemOf } from '../base/failure.ts'
import { count, duration, printable } from '../base/text.ts'
import { showRevision } from '../database/database.ts'
import { readComposeState } from '../environment/directory.ts'
import { type PinnedImage, readReleases } from '../environment/releases.ts'
import { secretsOf, serviceVariables } from '../environment/secrets.ts'
import type { Report } from '../migrate-check/check.ts'
import { type Finding, fails } from '../migrate-check/finding.ts'
import { liveInImage } from '../migrate-check/live-version.ts'
import type { Place } from '../migrate-check/python.ts'
import { type Verdict, verdicts } from '../migrate-check/report/verdict.ts'
import { onScratchServer, throwawayServer } from '../migrate-check/scratch-server.ts'
import type { Judged } from '../migrate-check/suppressions.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { copyOfLive, whyOnCopy } from './pending-copy.ts'

/** What the pending migrations would do to the version that is live while they run. */
export interface Judgement {
  readonly verdicts: readonly Verdict[]
  /** Those that a deploy has to do with. */
  readonly findings: readonly Finding[]
  /** What the migrations' own comments allow, and why. */
  readonly allowed: Judged['allowed']
}

/** What a deploy has an option for, where the check itself cannot be made. */
const unchecked = 'or run what is pending unchecked, once: --accept-migrations'
export const orUnchecked = `deploy again when the machine is less busy (free -m, uptime)\n${unchecked}`

/** Of migrations that were not tried. */
export const notJudged: Judgement = { verdicts: [], findings: [], allowed: [] }

/** The pending revisions of an image, and the revision that they follow. */
export interface Pending {
  readonly image: PinnedImage
  readonly from: string | null
  readonly revisions: readonly string[]
}

/**
 * Applies what is pending to a scratch database with the live schema and made-up rows, rolls it back and applies it
 * again, with the image that is to be deployed. Neither the scratch server nor the migrations have a network: the live
 * database is out of their reach.
 */
async function tryPending(site: Site, pending: Pending, step: Step): Promise<Judgement> {
  const live = readReleases(site.environment).at(-1)
  const state = readComposeState(site.environment)
  if (pending.revisions.length === 0) step.skip('none')
  if (!live || !state) step.skip('no version is live yet: there is nothing to hurt')
  if (pending.revisions.length === 0 || !live || !state) return notJudged
  const { check, usual } = await import('../migrate-check/check.ts') // most deploys have nothing to check
  step.progress('starting a scratch PostgreSQL')
  return onScratchServer(
    id =>
      throwawayServer(state.database.image, id, {
        isolated: true,
        otherwise: orUnchecked,
        signal: site.run.signal,
      }),
    async (server, id) => {
      step.progress('copying the live schema')
      const copy = await copyOfLive(site, server, id, pending.from)
      const report = await check(server, id, {
        place: placeIn(site, pending.image),
        ...usual,
        scope: 'pending',
        copy,
        naming: undefined, // a misnamed file is no reason to keep a deploy from users
        live: liveInImage(live.images.backend, site.run.signal),
        isJudged: ({ id: name }) => pending.revisions.includes(name),
        signal: site.run.signal,
        progress: step.progress,
      })
      if (report.onCopy) site.run.note(whyOnCopy(report.onCopy))
      return judgementOf(report, pending)
    },
  )
}

function judgementOf(report: Report, { revisions }: Pending): Judgement {
  const isPending = (name: string | undefined): boolean => name !== undefined && revisions.includes(name)
  return {
    verdicts: verdicts(report.revisions, { ...report, changed: undefined }).filter(({ revision }) =>
      isPending(revision.id),
    ),
    allowed: report.allowed.filter(({ finding }) => isPending(finding.revision)),
    findings: report.findings.filter(
      ({ id, revision, also = [] }) =>
        /^(load|fresh)\./.test(id) ||
        (id === 'data.no-rows' && also.length > 0) || // a pending revision touches the table
        (isPending(revision) && hurts.test(id)),
    ),
  }
}

const hurts = /^(step|data|safe|squawk|reversible)\./

/** Alembic in an image, with the settings that the backend would have; of its database's URL, only the scheme. */
export function placeIn({ environment }: Site, image: PinnedImage): Place {
  const { DATABASE_URL = '', ...others } = serviceVariables(environment, secretsOf(environment)).backend
  const scheme = DATABASE_URL.replace(/(?<=:\/\/).*/s, '')
  return { backend: undefined, image, python: undefined, variables: { ...others, DATABASE_URL: scheme } }
}

/**
 * Says what the pending migrations do, and stops where one would hurt.
 * @throws Failure unless `accepted`; what is accepted is said loudly.
 */
export function assertSafe(
  { run }: Site,
  { verdicts: all, findings, allowed }: Judgement,
  accepted: boolean,
): void {
  for (const line of verdictLines(all)) run.note(line)
  for (const { finding, reason } of allowed)
    run.note(`${problemFor(finding).what}\n      allowed in the migration: ${printable(reason)}`)
  const stopping = findings.filter(fails)
  for (const finding of findings.filter(({ level }) => level === 'warning')) run.warn(problemFor(finding))
  if (stopping.length === 0) return
  const problem = refusal(stopping)
  if (!accepted) throw new Failure(problem)
  run.warn({
    what: `MIGRATIONS ACCEPTED: --accept-migrations was given, although ${problem.what}`,
    detail: problem.detail,
  })
}

function refusal(findings: readonly Finding[]) {
  return {
    what: `${count(findings.length, 'finding')} in the pending migrations would hurt`,
    detail: findings
      .map(finding => {
        const { what, detail, fix } = problemFor(finding)
        return [what, detail, `→ ${fix}`].filter(text => text !== undefined).join('\n')
      })
      .join('\n'),
    fix: [
      'fix the migrations, build again and deploy; what is meant and safe may be allowed in the migration itself:',
      '# migrate-check: allow <finding>: <reason>',
      'or go on all the same, once: --accept-migrations',
    ].join('\n'),
  }
}

const problemFor = ({ id, file, line, what, why, fix }: Finding) => ({
  what: `${id}${file ? `  ${file}:${line ?? 1}` : ''}: ${what}`,
  detail: why,
  fix,
})

/** Two lines for each: what it is called, and what it would do. */
export function verdictLines(all: readonly Verdict[]): string[] {
  return all.flatMap(({ revision, says, locks, step, reversible }) => [
    `${revision.id} ${revision.title}`.trim(),
    `  ${[
      says,
      ...(step ? [`${duration(step.ms)} on made-up rows`] : []),
      ...locks.map(([table, mode]) => `${mode} on ${table.replace(/^public\./, '')}`),
      ...(reversible === 'no' || reversible === 'allowed' ? ['no way back'] : []),
    ].join(', ')}`,
  ])
}

/** A check that cannot be made stops a deploy like a finding does. */
export async function judge(site: Site, pending: Pending, accepted: boolean, step: Step): Promise<Judgement> {
  try {
    return await tryPending(site, pending, step)
  } catch (error) {
    if (site.run.signal.aborted) throw error
    if (!accepted) throw error instanceof Failure ? withWayOut(error) : error
    site.run.warn({
      ...problemOf(error),
      fix: `--accept-migrations was given: what is pending at ${showRevision(pending.from)} is run unchecked`,
    })
    return notJudged
  }
}

/** What is at fault may be the check itself, or what it cannot do. */
export const withWayOut = ({ what, detail, fix }: Failure): Failure =>
  new Failure({
    what,
    detail,
    fix: fix === undefined || fix === orUnchecked ? orUnchecked : `${fix}\n${unchecked}`,
  })
