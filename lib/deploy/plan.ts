import { bytes, printable } from '../base/text.ts'
import { databaseSize, showRevision } from '../database/database.ts'
import type { DatabaseState } from '../database/state.ts'
import { otherColour } from '../environment/environment.ts'
import { type Images, type Release, shortDigest } from '../environment/releases.ts'
import { fails } from '../migrate-check/finding.ts'
import type { Site } from '../proxy/site.ts'
import type { Result } from '../run/events.ts'
import { plannedLogin } from './own-login.ts'
import { type Judgement, type Pending, verdictLines } from './pending-check.ts'

/** What a deploy or a rollback would do, from real facts, as rows for a person. */
export async function planOf(
  site: Site,
  wanted: {
    tag: string
    images: Images
    live: Release | undefined
    /** As it is now; nothing is known of the schema of one that is down. */
    database: DatabaseState
    pending: Pending | undefined
    judgement: Judgement
    migrations: boolean
    backup: boolean
  },
): Promise<Result> {
  const { environment, project, proxy } = site
  const colour = proxy.mapOnDisk()
  const { database, pending } = wanted
  const size =
    database.is === 'ready' ? `a database of ${bytes(await databaseSize(project))}` : 'the database'
  const { verdicts, findings, allowed } = wanted.judgement
  const judged = verdicts.length > 0 ? verdictLines(verdicts) : (pending?.revisions ?? [])
  const known = pending ? `${pending.revisions.length} pending` : 'not known before it is started'
  return [
    ['live now', wanted.live ? `${colour}, release ${wanted.live.release}, ${wanted.live.tag}` : 'nothing'],
    [
      'to be live',
      `${colour === null ? 'blue' : otherColour(colour)}, ${wanted.tag} (${environment.strategy})`,
    ],
    ['backend', shortDigest(wanted.images.backend)],
    ['frontend', shortDigest(wanted.images.frontend)],
    ['schema', database.is === 'down' ? `not known: ${database.why}` : showRevision(pending?.from ?? null)],
    ['migrations', wanted.migrations ? known : 'not run'],
    ...judged.map(line => ['', line] as const),
    ...findings
      .filter(({ level }) => level !== 'note')
      .map(finding => ['', `${fails(finding) ? '✗' : '!'} ${finding.id}: ${finding.what}`] as const),
    ...allowed.map(
      ({ finding, reason }) => ['', `– ${finding.id} is allowed: ${printable(reason)}`] as const,
    ),
    ...(await plannedLogin(site)),
    ['backup', database.is === 'absent' ? 'none: no database yet' : wanted.backup ? `of ${size}` : 'SKIPPED'],
  ]
}
