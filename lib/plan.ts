import { databaseSize, schemaRevision, showRevision } from './database.ts'
import { otherColour } from './environment.ts'
import { fails } from './migrate-check/finding.ts'
import { type Judgement, type Pending, verdictLines } from './pending-check.ts'
import { type Images, type Release, shortDigest } from './releases.ts'
import type { Result } from './result.ts'
import { databaseAnswers } from './services.ts'
import type { Site } from './site.ts'
import { bytes, printable } from './text.ts'

/** What a deploy or a rollback would do, from real facts, as rows for a person. */
export async function planOf(
  site: Site,
  wanted: {
    tag: string
    images: Images
    live: Release | undefined
    /** undefined: the schema is left as it is. */
    pending: Pending | undefined
    judgement: Judgement
    backup: boolean
  },
): Promise<Result> {
  const { environment, project, proxy } = site
  const colour = proxy.mapOnDisk()
  const there = await databaseAnswers(site)
  const revision = there ? await schemaRevision(project) : null
  const size = there ? await databaseSize(project) : 0
  const { verdicts, findings, allowed } = wanted.judgement
  const judged = verdicts.length > 0 ? verdictLines(verdicts) : (wanted.pending?.revisions ?? [])
  return [
    ['live now', wanted.live ? `${colour}, release ${wanted.live.release}, ${wanted.live.tag}` : 'nothing'],
    [
      'to be live',
      `${colour === null ? 'blue' : otherColour(colour)}, ${wanted.tag} (${environment.strategy})`,
    ],
    ['backend', shortDigest(wanted.images.backend)],
    ['frontend', shortDigest(wanted.images.frontend)],
    ['schema', showRevision(revision)],
    ['migrations', wanted.pending ? `${wanted.pending.revisions.length} pending` : 'not run'],
    ...judged.map(line => ['', line] as const),
    ...findings
      .filter(({ level }) => level !== 'note')
      .map(finding => ['', `${fails(finding) ? '✗' : '!'} ${finding.id}: ${finding.what}`] as const),
    ...allowed.map(
      ({ finding, reason }) => ['', `– ${finding.id} is allowed: ${printable(reason)}`] as const,
    ),
    [
      'backup',
      !there ? 'none: no database yet' : wanted.backup ? `of a database of ${bytes(size)}` : 'SKIPPED',
    ],
  ]
}
