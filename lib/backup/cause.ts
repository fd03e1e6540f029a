import { quoted } from '../base/command-text.ts'
import { identifier } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'

/** Why PostgreSQL did not take a backup, and what mends that, where its words tell. */
export function causeIn(
  said: string,
  project: Pick<Project, 'environment' | 'typed'>,
): { why: string; fix: string } | undefined {
  const [, role] = /ERROR: {2}role "(.+)" does not exist/.exec(said) ?? []
  if (role !== undefined) {
    const statement = quoted(`create role ${identifier(role)}`)
    const words = ['exec', 'db', 'psql', '-U', project.environment.database.user, '-d', 'postgres', '-c']
    return {
      why: `it names the role ${role}, which this server does not have`,
      fix: `make the role, then try again: ${project.typed(...words, statement)}`,
    }
  }
  const [, extension] = /ERROR: {2}extension "(.+)" is not available/.exec(said) ?? []
  if (extension !== undefined)
    return {
      why: `it needs the extension ${extension}, which the database's image does not have`,
      fix: 'use an image that has it (images.database in the settings), deploy, then try again',
    }
  return undefined
}
