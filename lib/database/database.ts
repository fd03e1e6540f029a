import { Failure } from '../base/failure.ts'
import type { Limits } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import type { Project } from '../docker/project.ts'
import { leavesCrowd, noneLeft, untilLetIn } from './connections.ts'
import { literal } from './sql-words.ts'
import { superuserOf } from './superuser.ts'
import { revisionScript, versionTables } from './version-table.ts'

/** What the schema is: Alembic's revision, or null where there is none yet. Several heads are joined by commas. */
export type Revision = string | null

/**
 * Settings of the toolkit's own sessions, as PGOPTIONS wants them: what a database or a role is told (read only, a time
 * limit) is meant for those who use it, not for those who repair it. The application owns its database and may tell it
 * anything: to be another role from the start, to load a library that is not there.
 */
export const ownSettings = [
  'role=none',
  'local_preload_libraries=',
  'default_transaction_read_only=off',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'client_encoding=sql_ascii', // bytes as they are: in another encoding, not every text can be said
  'quote_all_identifiers=off', // names are compared with those of another database
]
  .map(setting => `-c ${setting}`)
  .join(' ')

/** As {@link ownSettings}, for what not every version knows: a line for psql, safe on any search path. */
const setWhereKnown = (name: string, value: string): string =>
  `select pg_catalog.set_config(name, '${value}', false) from pg_catalog.pg_settings where name operator(pg_catalog.=) '${name}' \\g /dev/null`

export const unlimited = setWhereKnown('transaction_timeout', '0')

/**
 * For a superuser's sessions in a database that is not the superuser's: a table that was locked when we came to read it
 * may be a view of that name when the lock is gone, and what a view calls has the rights of whoever reads it. Known since
 * the minor versions of 2024-08-08 (CVE-2024-7348).
 */
export const tablesOnly = setWhereKnown('restrict_nonsystem_relation_kind', 'view, foreign-table')

type Asking = Limits & { database?: string; user?: string; ownPath?: boolean }

/**
 * Runs SQL in the environment's database over the socket inside its container, or in another one of the same server.
 * It finds what is PostgreSQL's own and nothing else: a backup that was restored may have functions and operators that
 * fit a superuser's question better (CVE-2018-1058).
 * @param options.timeout in ms, a minute unless told; `user` a role of the server, its superuser unless told;
 * `ownPath` for SQL that asks for the database's own search path, and takes care itself
 * @returns what psql prints, unaligned and without headers.
 * @throws Failure with PostgreSQL's own message.
 */
export async function sql(project: Project, statement: string, options: Asking = {}): Promise<string> {
  const { database, user, ownPath, ...running } = options
  const name = database ?? project.environment.database.name
  const words = [
    ...['env', `PGOPTIONS=${ownSettings}${ownPath ? '' : ' -c search_path=pg_catalog'}`, 'psql'],
    ...['--username', user ?? (await superuserOf(project, running)), '--dbname', name],
    ...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1', '--file', '-'],
  ]
  const input = `${unlimited}\n${user === undefined ? `${tablesOnly}\n` : ''}${statement}`
  const ran = await untilLetIn(() => project.exec('db', words, { input, timeout: 60_000, ...running }))
  if (!ran.ok)
    throw new Failure({
      what: `the database ${name} refused a query`,
      detail: lastLines(ran.stderr || ran.stdout, 5),
      fix: noneLeft.test(ran.stderr)
        ? leavesCrowd(project.environment.name)
        : project.typed('logs', '--tail', '50', 'db'),
    })
  return ran.stdout.trim()
}

/** The database that is always there: databases are made, renamed and dropped from it. */
export const maintenance = 'postgres'

/** SQL about databases as such, whether or not the environment's own is there. */
export const admin = (project: Project, statement: string): Promise<string> =>
  sql(project, statement, { database: maintenance })

/** The databases of the server whose names begin so. */
export async function databasesNamed(project: Project, prefix: string): Promise<string[]> {
  const names = await admin(
    project,
    `select datname from pg_database where starts_with(datname, ${literal(prefix)}) order by 1`,
  )
  return names === '' ? [] : names.split('\n')
}

/** The schema's revision as the database itself has it, in the table that Alembic keeps for it. */
export async function schemaRevision(project: Project, database?: string): Promise<Revision> {
  const options = { ownPath: true, ...(database === undefined ? {} : { database }) }
  return (await sql(project, revisionScript(project.environment.database), options)) || null
}

/** What each of the tables that may be Alembic's has, the likeliest first: some may be other applications'. */
export async function revisionsByTable(project: Project): Promise<Map<string, Revision>> {
  const tables = (await sql(project, versionTables, { ownPath: true })).split('\n').filter(Boolean)
  const found = new Map<string, Revision>()
  for (const versionTable of tables)
    found.set(versionTable, (await sql(project, revisionScript({ versionTable }), { ownPath: true })) || null)
  return found
}

/** In bytes, indexes included: an upper bound of what a plain dump usually takes. */
export async function databaseSize(project: Project): Promise<number> {
  return Number(await sql(project, 'select pg_database_size(current_database())'))
}

export const showRevision = (revision: Revision): string => revision ?? 'an empty schema'
