import { basename } from 'node:path'
import { schemaRevision } from '../database.ts'
import { UsageError } from '../failure.ts'
import type { Site } from '../site.ts'
import { bytes, shown } from '../text.ts'
import { findGiven, newestToRestore } from './choose.ts'
import { type Examined, examine } from './examine.ts'
import { isProved, listBackups } from './list.ts'
import type { Replacement } from './loss.ts'
import { stampedAt } from './manifest.ts'
import { databaseExists } from './replace.ts'
import { keptPrefix } from './swap.ts'

/** What a rollback puts in the live database's place. */
export interface Source extends Replacement {
  /** What is restored; a kept database is there already. */
  readonly backup: Examined | undefined
}

/**
 * A backup, read whole before anything is touched.
 * @param given its file; the newest proved one unless told
 */
export async function fromBackup(site: Site, given: string | undefined): Promise<Source> {
  const { environment, run } = site
  const file = await run.step('Choose the backup', async step => {
    if (given !== undefined) return findGiven(environment, given)
    const backups = listBackups(environment)
    const chosen = newestToRestore(backups)
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
    backup,
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
      `they are called ${keptPrefix(environment.database.name)}…: ${project.typed('exec', 'db', 'psql', '-U', environment.database.user, '-l')}`,
    )
  const schema = await schemaRevision(project, name)
  return { backup: undefined, name, at: stampedAt(name), schema, rows: undefined, release: undefined }
}
