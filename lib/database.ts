import { Failure } from './failure.ts'
import type { Project } from './project.ts'
import { lastLines } from './text.ts'

/** What the schema is: Alembic's revision, or null where there is none yet. Several heads are joined by commas. */
export type Revision = string | null

/**
 * Settings of the toolkit's own sessions, as PGOPTIONS wants them: what a database or a role is told (read only, a time
 * limit) is meant for those who use it, not for those who repair it.
 */
export const ownSettings = [
  'default_transaction_read_only=off',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
]
  .map(setting => `-c ${setting}`)
  .join(' ')

/** The same for what not every version knows, as a line for psql. */
export const unlimited =
  "select set_config(name, '0', false) from pg_catalog.pg_settings where name = 'transaction_timeout' \\g /dev/null"

/**
 * Runs SQL in the environment's database over the socket inside its container, or in another one of the same server.
 * @param options.timeout in ms, a minute unless told; `user` a role of the server, the environment's unless told
 * @returns what psql prints, unaligned and without headers.
 * @throws Failure with PostgreSQL's own message.
 */
export async function sql(
  project: Project,
  statement: string,
  options: { database?: string; user?: string; timeout?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const { database, user, ...running } = options
  const name = database ?? project.environment.database.name
  const ran = await project.exec(
    'db',
    [
      ...['env', `PGOPTIONS=${ownSettings}`, 'psql'],
      ...['--username', user ?? project.environment.database.user, '--dbname', name],
      ...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align'],
    ].concat(['--set', 'ON_ERROR_STOP=1', '--file', '-']),
    { input: `${unlimited}\n${statement}`, timeout: 60_000, ...running },
  )
  if (!ran.ok)
    throw new Failure({
      what: `the database ${name} refused a query`,
      detail: lastLines(ran.stderr || ran.stdout, 5),
      fix: project.typed('logs', '--tail', '50', 'db'),
    })
  return ran.stdout.trim()
}

/** The database that is always there: databases are made, renamed and dropped from it. */
export const maintenance = 'postgres'

/** SQL about databases as such, whether or not the environment's own is there. */
export const admin = (project: Project, statement: string): Promise<string> =>
  sql(project, statement, { database: maintenance })

/** A name as SQL wants it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** A text as SQL wants it, whatever `standard_conforming_strings` says. */
export const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** The databases of the server whose names begin so. */
export async function databasesNamed(project: Project, prefix: string): Promise<string[]> {
  const names = await admin(
    project,
    `select datname from pg_database where starts_with(datname, ${literal(prefix)}) order by 1`,
  )
  return names === '' ? [] : names.split('\n')
}

/**
 * Whether there is Alembic's table, in SQL. It is asked for with a superuser's rights: a view of that name, or a column
 * of a type that a restored backup has defined, could call functions.
 */
export const isVersioned = `exists (select from pg_catalog.pg_class c
  where c.oid = pg_catalog.to_regclass('alembic_version') and c.relkind in ('r', 'p') and not exists (
    select from pg_catalog.pg_attribute where attrelid = c.oid and attname = 'version_num' and atttypid >= 16384))`

/** The revisions in that table, in SQL, with PostgreSQL's own function whatever else has its name. */
export const revisions = "pg_catalog.string_agg(version_num::pg_catalog.text, ',' order by version_num)"

/** The schema's revision as the database itself has it (Alembic's table `alembic_version`). */
export async function schemaRevision(project: Project, database?: string): Promise<Revision> {
  const options = database === undefined ? {} : { database }
  if ((await sql(project, `select ${isVersioned}`, options)) !== 't') return null
  return (await sql(project, `select ${revisions} from alembic_version`, options)) || null
}

/** In bytes, indexes included: an upper bound of what a plain dump usually takes. */
export async function databaseSize(project: Project): Promise<number> {
  return Number(await sql(project, 'select pg_database_size(current_database())'))
}

export const showRevision = (revision: Revision): string => revision ?? 'an empty schema'
