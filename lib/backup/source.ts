import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { Failure, problemOf, UsageError } from '../base/failure.ts'
import { bytes, columns, duration, shown } from '../base/text.ts'
import { type Revision, schemaRevision, showRevision } from '../database/database.ts'
import { superuserOf } from '../database/superuser.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import { type Found, union } from './content.ts'
import { type Examined, examine } from './inspect.ts'
import {
  findGiven,
  fromThePast,
  futureProblem,
  isFromFuture,
  isVerified,
  listBackups,
  newestToRestore,
} from './list.ts'
import { stampedAt } from './manifest.ts'
import { readContent } from './read-content.ts'
import { databaseExists, keptPrefix } from './swap.ts'
import { keptUploads } from './uploads.ts'

/** What a rollback puts in the live database's place. */
export interface Source {
  readonly name: string
  /** In ms since 1970, where it is known. */
  readonly at: number | undefined
  readonly schema: Revision
  /** What is restored; a kept database is there already. */
  readonly backup: Examined | undefined
  /** The directory of the uploads that a rollback kept together with this database; a backup's are for who asks for them. */
  readonly keptUploads: string | undefined
}

/**
 * A backup, read whole before anything is touched.
 * @param given its file; the newest verified one unless told
 */
export async function fromBackup(site: Site, given: string | undefined): Promise<Source> {
  const { environment, run } = site
  const file = await run.step('Choose the backup', async step => {
    if (given !== undefined) return findGiven(environment, given)
    const now = Date.now()
    const all = listBackups(environment)
    const chosen = newestToRestore(all, now)
    for (const one of all) if (isFromFuture(one, now)) run.warn(futureProblem(one))
    const backups = fromThePast(all, now)
    const newer = backups.indexOf(chosen)
    step.note(
      `${chosen.name}, ${isVerified(chosen) ? 'verified' : 'not verified before: it is now, before anything is touched'}`,
    )
    if (newer > 0)
      run.note(`${backups[0]?.name} is newer and was not verified: -b ${backups[0]?.name} restores that one`)
    return chosen.file
  })
  const backup = await run.step('Verify the backup', async step => {
    const examined = await examine(site, file, step)
    step.note(
      `${basename(file)}, ${bytes(examined.bytes)}${examined.manifest ? ', as it was written' : ', complete; it has no manifest'}`,
    )
    return examined
  })
  const at = backup.manifest?.at ?? stampedAt(file)
  return { backup, keptUploads: undefined, name: basename(file), at, schema: backup.schema }
}

/** A database that an earlier rollback kept. @throws UsageError for any other. */
export async function fromKept(site: Site, name: string): Promise<Source> {
  const { environment, project } = site
  if (!name.startsWith(keptPrefix(environment.database.name)) || !(await databaseExists(site, name)))
    throw new UsageError(
      `there is no database ${shown(name)} that a rollback kept`,
      `they are called ${keptPrefix(environment.database.name)}…: ${project.typed('exec', 'db', 'psql', '-U', await superuserOf(project), '-l')}`,
    )
  const schema = await schemaRevision(project, name)
  const uploads = keptUploads(environment, name.slice(keptPrefix(environment.database.name).length))
  const kept = existsSync(uploads) ? uploads : undefined
  return { backup: undefined, keptUploads: kept, name, at: stampedAt(name), schema }
}

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

/** What a rollback of the database takes away, for the person who is asked. */
export function lossTable(site: Site, then: Source, live: LiveDatabase, now: number): string {
  const current = readReleases(site.environment).at(-1)
  const { rows, release, tag } = then.backup?.manifest ?? {}
  const releaseThen = release === undefined ? 'unknown' : `${release} ${tag}`
  const about = [
    ['', 'backup', 'live now'],
    ['', then.name, live.problem ? `cannot be read: ${live.problem}` : site.environment.database.name],
    ['age', then.at === undefined ? 'unknown' : `${duration(Math.max(0, now - then.at))}`, ''],
    ['release', releaseThen, current ? `${current.release} ${current.tag}` : 'none'],
    ['schema', showRevision(then.schema), live.schema === undefined ? '?' : showRevision(live.schema)],
    ['rows', '', ''],
  ]
  const numberIn = (all: Found['rows'] | undefined, name: string) => `${all ? (all[name] ?? 'none') : '?'}`
  const tables = union(rows ?? {}, live.rows ?? {})
  return columns([...about, ...tables.map(name => [name, numberIn(rows, name), numberIn(live.rows, name)])])
}
