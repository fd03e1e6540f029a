import { basename } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import { identifier } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import type { Project } from '../docker/project.ts'
import type { Restoring } from './container.ts'
import { newerThanServer } from './dump-version.ts'
import type { Examined } from './inspect.ts'

export const listing = 'backup.ts --list shows them'

/** Why PostgreSQL did not take a backup, and what to do about that. @param said its own words */
export async function refusal(
  site: Restoring,
  { file, statements }: Examined,
  said: string,
): Promise<Failure> {
  const newer = await newerThanServer(site, statements)
  const cause = causeIn(said, site.project, await superuserOf(site.project))
  return new Failure({
    what: newer
      ? `${basename(file)} cannot be restored: it was made by pg_dump ${newer.dump}, and PostgreSQL here is ${newer.server}`
      : `${basename(file)} cannot be restored: ${cause?.why ?? 'PostgreSQL refused it'}`,
    detail: lastLines(said, 5),
    fix: newer
      ? `restore it on PostgreSQL ${newer.dump} or newer, or choose another one: ${listing}`
      : (cause?.fix ?? `choose another one: ${listing}`),
  })
}

/** Why PostgreSQL did not take a backup, and what fixes that, where its words tell. */
export function causeIn(
  said: string,
  project: Pick<Project, 'environment' | 'typed'>,
  superuser: string,
): { why: string; fix: string } | undefined {
  const { name } = project.environment.database
  const psql = (database: string, statement: string): string =>
    project.typed('exec', 'db', 'psql', '-U', superuser, '-d', database, '-c', quoted(statement))
  const [, role] = /ERROR: {2}role "(.+)" does not exist/.exec(said) ?? []
  if (role !== undefined)
    return {
      why: `it names the role ${role}, which this server does not have`,
      fix: `make the role, then try again: ${psql('postgres', `create role ${identifier(role)}`)}`,
    }
  const [, missing] = /ERROR: {2}extension "(.+)" is not available/.exec(said) ?? []
  if (missing !== undefined)
    return {
      why: `it needs the extension ${missing}, which the database's image does not have`,
      fix: 'use an image that has it (images.database in the settings), deploy, then try again',
    }
  const [, extension] = /ERROR: {2}permission denied to create extension "(.+)"/.exec(said) ?? []
  if (extension !== undefined)
    return {
      why: `it needs the extension ${extension}, which the live database does not have and only a superuser may make`,
      fix: `where you want it, make it there, then try again: ${psql(name, `create extension ${identifier(extension)}`)}`,
    }
  if (said.includes('backslash commands are restricted'))
    return {
      why: 'it has a command for psql, and nothing in a backup may have one',
      fix: 'no pg_dump writes that: ask where the file is from',
    }
  if (/ERROR: {2}(permission denied|must be |only (roles|superuser)|.*[Mm]ust be superuser)/.test(said))
    return {
      why: 'it wants what only a superuser may do, and a backup is restored without such rights',
      fix: 'look at what PostgreSQL refused, and ask where the file is from',
    }
  return undefined
}
