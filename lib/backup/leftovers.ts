import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { problemOf } from '../base/failure.ts'
import { admin, databasesNamed, sql } from '../database/database.ts'
import { identifier, literal } from '../database/sql-words.ts'
import { databaseAnswers } from '../database/state.ts'
import type { Project } from '../docker/project.ts'
import type { Site } from '../proxy/site.ts'
import type { Restoring } from './container.ts'
import { backupDirectory } from './list.ts'
import { dropRestorer } from './restorer.ts'
import { endDumps } from './snapshot.ts'
import { restoredUploads } from './uploads.ts'

/** Databases that live as long as one run: a backup is restored into them. */
export const scratchPrefix = (name: string): string => `${name}_scratch_`

/**
 * Removes what a killed run left: halves of files, a pg_dump that may still be writing, databases and uploads that
 * nobody will look at again. Called under the lock, so whatever there is belongs to no run that lives; and when what
 * that run had begun to swap is settled. What cannot be removed is a warning: it is in nobody's way.
 * @returns what was removed, by its name.
 */
export async function removeLeftovers(site: Site): Promise<string[]> {
  const { environment, project } = site
  const directory = backupDirectory(environment)
  const removed: string[] = []
  const tryTo = async (what: string, act: () => unknown): Promise<void> => {
    if (await orWarn(site, what, act)) removed.push(what)
  }
  const partials = readdirSync(directory).filter(name => name.endsWith('.partial'))
  const uploads = readdirSync(environment.directory).filter(name =>
    name.startsWith(basename(restoredUploads(environment))),
  )
  let scratch: string[] = []
  if (await databaseAnswers(site)) {
    if (partials.length > 0) await orWarn(site, 'an unfinished dump', () => endDumps(project))
    await orWarn(site, 'scratch databases', async () => {
      scratch = await databasesNamed(project, scratchPrefix(environment.database.name))
    })
  }
  const files = [
    ...partials.map(name => join(directory, name)),
    ...uploads.map(name => join(environment.directory, name)),
  ]
  for (const file of files) await tryTo(basename(file), () => rmSync(file, { recursive: true, force: true }))
  for (const name of scratch) await tryTo(`database ${name}`, () => dropDatabase(project, name))
  return removed
}

/** Drops a database that a run made for itself. One that stays is a warning: the run has what it wanted of it. */
export async function dropScratch(site: Restoring, name: string): Promise<void> {
  await orWarn(site, `database ${name}`, () => dropDatabase(site.project, name))
}

/** @returns whether it worked; a warning says why it did not. */
async function orWarn({ run }: Restoring, what: string, act: () => unknown): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    const { what: why, detail } = problemOf(error)
    run.warn({
      what: `${what} could not be removed: ${why}`,
      detail,
      fix: 'the next run tries again; nothing else depends on it',
    })
    return false
  }
}

/** Drops a database with whoever is connected, and the subscriptions that came with a restored dump: those hold it. */
export async function dropDatabase(project: Project, name: string): Promise<void> {
  const found = await admin(
    project,
    `select subname from pg_subscription where subdbid = (select oid from pg_database where datname = ${literal(name)})`,
  )
  // Without its slot: that is on the publisher, and is the live database's.
  const statements = found.split('\n').flatMap(subscription => {
    const it = identifier(subscription)
    const alter = `alter subscription ${it}`
    return subscription === ''
      ? []
      : [`${alter} disable;`, `${alter} set (slot_name = none);`, `drop subscription ${it};`]
  })
  if (statements.length > 0) await sql(project, statements.join('\n'), { database: name })
  // Whatever was restored into it may have said that it is a template, which cannot be dropped.
  await admin(
    project,
    `select format('alter database %I is_template false', datname) from pg_database where datname = ${literal(name)} and datistemplate \\gexec
    drop database if exists ${identifier(name)} with (force);
    ${dropRestorer}`,
  )
}
