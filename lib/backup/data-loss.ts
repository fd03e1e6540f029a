import { Failure, problemOf } from '../base/failure.ts'
import { columns, duration } from '../base/text.ts'
import { type Revision, schemaRevision, showRevision } from '../database/database.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import { readContent } from './dump.ts'
import type { Manifest } from './manifest.ts'

/** The live database as it is before it is replaced; it may be damaged or gone. */
export type LiveDatabase = Readonly<Awaited<ReturnType<typeof readLive>>>

export async function readLive({ environment, project, run }: Site) {
  const options = { timeout: environment.timeouts.backup, signal: run.signal }
  try {
    const schema = await schemaRevision(project)
    const { rows } = await readContent(project, environment.database.name, false, options)
    return { schema, rows, problem: undefined }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { what, detail } = problemOf(error)
    // Why it cannot be read.
    return { schema: undefined, rows: undefined, problem: detail?.split('\n').at(-1) ?? what }
  }
}

/** What is to take the live database's place. */
export interface Replacement {
  readonly name: string
  /** In ms since 1970, where it is known. */
  readonly at: number | undefined
  readonly schema: Revision
  readonly rows: Manifest['rows'] | undefined
  readonly release: string | undefined
}

/** What a rollback of the database takes away, for the person who is asked. */
export function lossTable(site: Site, then: Replacement, live: LiveDatabase, now: number): string {
  const release = readReleases(site.environment).at(-1)
  const about = [
    ['', 'backup', 'live now'],
    ['', then.name, live.problem ? `cannot be read: ${live.problem}` : site.environment.database.name],
    ['age', then.at === undefined ? 'unknown' : `${duration(Math.max(0, now - then.at))}`, ''],
    ['release', then.release ?? 'unknown', release ? `${release.release} ${release.tag}` : 'none'],
    ['schema', showRevision(then.schema), live.schema === undefined ? '?' : showRevision(live.schema)],
  ]
  const names = [...new Set([...Object.keys(then.rows ?? {}), ...Object.keys(live.rows ?? {})])].sort()
  const tables = names.map(name => [
    name,
    String(then.rows ? (then.rows[name] ?? 'none') : '?'),
    String(live.rows ? (live.rows[name] ?? 'none') : '?'),
  ])
  return columns([...about, ['rows', '', ''], ...tables].map(row => [...row.slice(0, 2), row[2] ?? '']))
}
