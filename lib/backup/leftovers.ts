import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { admin, databasesNamed, identifier } from '../database.ts'
import { databaseAnswers } from '../services.ts'
import type { Site } from '../site.ts'
import { endDumps } from './dump.ts'
import { backupDirectory } from './list.ts'
import { restoredUploads } from './uploads.ts'

/** Databases that live as long as one run: a backup is restored into them. */
export const scratchPrefix = (name: string): string => `${name}_scratch_`

/**
 * Removes what a killed run left: halves of files, a pg_dump that may still be writing, databases and uploads that
 * nobody will look at again. Called under the lock, so whatever there is belongs to no run that lives; and when what
 * that run had begun to swap is settled.
 * @returns what was removed, by its name.
 */
export async function removeLeftovers(site: Site): Promise<string[]> {
  const { environment, project } = site
  const directory = backupDirectory(environment)
  const partials = readdirSync(directory).filter(name => name.endsWith('.partial'))
  const scratch: string[] = []
  if (await databaseAnswers(site)) {
    if (partials.length > 0) await endDumps(project)
    scratch.push(...(await databasesNamed(project, scratchPrefix(environment.database.name))))
    for (const name of scratch) await dropDatabase(project, name)
  }
  const uploads = readdirSync(environment.directory)
    .filter(name => name.startsWith(basename(restoredUploads(environment))))
    .map(name => join(environment.directory, name))
  const files = [...partials.map(name => join(directory, name)), ...uploads]
  for (const file of files) rmSync(file, { recursive: true, force: true })
  return [...files.map(file => basename(file)), ...scratch.map(name => `database ${name}`)]
}

export const dropDatabase = (project: Site['project'], name: string): Promise<string> =>
  admin(project, `drop database if exists ${identifier(name)} with (force)`)
