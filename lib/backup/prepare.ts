import { sql } from '../database/database.ts'
import { identifier, literal } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'
import { type Extension, restorer } from './statements.ts'

/**
 * Extensions of PostgreSQL's own (its documentation, appendix F) that only a superuser may make and that give nobody
 * else more than he has: they are made also where there is no live database that has them, as on a new server.
 */
const harmless = [
  ...['amcheck', 'autoinc', 'bloom', 'dblink', 'dict_xsyn', 'earthdistance', 'file_fdw', 'insert_username'],
  ...['moddatetime', 'pg_buffercache', 'pg_prewarm', 'pg_stat_statements', 'pgrowlocks', 'pgstattuple'],
  ...['postgres_fdw', 'refint'],
]

/**
 * What only a superuser may do before a restore, in the database that is still empty: let the role that restores read
 * large objects as a whole, and make the extensions that the live database has and that no other may make.
 * @param wanted.extensions that the backup has; `live` undefined where there is no such database; `any` to make each
 */
export async function prepare(
  project: Project,
  wanted: { name: string; live: string | undefined; extensions: readonly Extension[]; any?: boolean },
): Promise<void> {
  const { any = false, extensions, live, name } = wanted
  const role = identifier(restorer)
  const statements = [`grant select on pg_catalog.pg_largeobject to ${role};`]
  if (extensions.length > 0) {
    const here =
      live === undefined
        ? ''
        : await sql(project, 'select extname from pg_catalog.pg_extension', { database: live })
    const known = live === undefined ? harmless : here.split('\n')
    statements.push(
      ...extensions
        .filter(one => (any || known.includes(one.name)) && one.name !== 'plpgsql')
        .map(one => made(one, role)),
      `select format('grant usage on foreign data wrapper %I to ${role}', fdwname) from pg_foreign_data_wrapper \\gexec`,
    )
  }
  await sql(project, statements.join('\n'), { database: name, timeout: 10 * 60_000 })
}

/** Makes an extension, where the role that restores may not make it itself. */
function made({ name, schema }: Extension, role: string): string {
  const isOurs = `select from pg_available_extension_versions v join pg_available_extensions e on e.name = v.name
    and e.default_version = v.version where v.name = ${literal(name)} and superuser and not trusted`
  const place = schema.startsWith('pg_')
    ? ''
    : `create schema if not exists ${identifier(schema)} authorization ${role}`
  const extension = `create extension if not exists ${identifier(name)} with schema ${identifier(schema)}`
  return [place, extension]
    .filter(statement => statement !== '')
    .map(statement => `select ${literal(statement)} where exists (${isOurs}) \\gexec`)
    .join('\n')
}
