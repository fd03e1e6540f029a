import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { UsageError } from '../base/failure.ts'
import { bytes, shown } from '../base/text.ts'
import { schemaRevision } from '../database/database.ts'
import { superuserOf } from '../database/superuser.ts'
import type { Site } from '../proxy/site.ts'
import { findGiven, newestToRestore } from './choose.ts'
import type { Replacement } from './data-loss.ts'
import { type Examined, examine } from './inspect.ts'
import { fromThePast, futureProblem, isFromFuture, isProved, listBackups } from './list.ts'
import { stampedAt } from './manifest.ts'
import { databaseExists } from './replace.ts'
import { keptPrefix } from './swap.ts'
import { keptUploads } from './uploads.ts'

/** What a rollback puts in the live database's place. */
export interface Source extends Replacement {
  /** What is restored; a kept database is there already. */
  readonly backup: Examined | undefined
  /** The directory of the uploads that a rollback kept together with this database; a backup's are for who asks for them. */
  readonly keptUploads: string | undefined
}

/**
 * A backup, read whole before anything is touched.
 * @param given its file; the newest proved one unless told
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
      `${chosen.name}, ${isProved(chosen) ? 'proved' : 'not proved before: it is now, before anything is touched'}`,
    )
    if (newer > 0)
      run.note(`${backups[0]?.name} is newer and was not proved: -b ${backups[0]?.name} restores that one`)
    return chosen.file
  })
  const backup = await run.step('Verify the backup', async step => {
    const examined = await examine(site, file, step)
    step.note(
      `${basename(file)}, ${bytes(examined.bytes)}${examined.manifest ? ', as it was written' : ', complete; it has no manifest'}`,
    )
    return examined
  })
  const { manifest } = backup
  return {
    ...{ backup, keptUploads: undefined },
    name: basename(file),
    at: manifest?.at ?? stampedAt(file),
    schema: backup.schema,
    rows: manifest?.rows,
    release: manifest?.release === undefined ? undefined : `${manifest.release} ${manifest.tag}`,
  }
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
  return {
    ...{ backup: undefined, keptUploads: existsSync(uploads) ? uploads : undefined },
    ...{ name, at: stampedAt(name), schema, rows: undefined, release: undefined },
  }
}
