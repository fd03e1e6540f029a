import { Failure } from '../../base/failure.ts'
import { lastLines } from '../../base/text.ts'
import { type Collation, collationScript } from '../../database/collations.ts'
import { ownSettings, type Revision, tablesOnly } from '../../database/database.ts'
import { superuserOf } from '../../database/superuser.ts'
import { revisionScript } from '../../database/version-table.ts'
import type { Project } from '../../docker/project.ts'

export interface DatabaseFacts {
  readonly version: string
  readonly bytes: number
  readonly connections: number
  readonly maxConnections: number
  /** Queries that wait for a lock which another one holds. */
  readonly blocked: number
  /** The age of the oldest open transaction, in ms. */
  readonly oldestTransaction: number
  readonly schema: Revision
  /** Databases whose texts were sorted by other rules than the image's. */
  readonly collations: readonly Collation[]
}

const question = `
set statement_timeout = '4s';
select json_build_object(
  'version', current_setting('server_version'),
  'bytes', pg_database_size(current_database()),
  'connections', (select count(*) from pg_stat_activity where backend_type = 'client backend'),
  'maxConnections', current_setting('max_connections')::int,
  'blocked', (select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0),
  'oldestTransaction', coalesce((select extract(epoch from max(now() - xact_start)) * 1000
    from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()), 0)::bigint
);
`

/** @throws Failure when the database does not answer within `timeout` ms, in PostgreSQL's own words. */
export async function databaseFacts(project: Project, timeout: number): Promise<DatabaseFacts> {
  const script = `${tablesOnly}\n${question}${collationScript}${revisionScript(project.environment.database)}`
  const [facts = '', collations = '[]', schema = ''] = (await query(project, script, timeout)).split('\n')
  return {
    ...(JSON.parse(facts) as Omit<DatabaseFacts, 'schema' | 'collations'>), // as asked above
    collations: JSON.parse(collations) as Collation[],
    schema: schema || null,
  }
}

/** Runs a psql script: as `sql` does, on what is PostgreSQL's own, and no longer than `timeout` ms. */
export async function query(project: Project, script: string, timeout: number): Promise<string> {
  const { name } = project.environment.database
  const user = await superuserOf(project, { timeout })
  const options = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1']
  const ran = await project.exec(
    'db',
    [
      'env',
      `PGOPTIONS=${ownSettings}`,
      'psql',
      '--username',
      user,
      '--dbname',
      name,
      ...options,
      '--file',
      '-',
    ],
    { input: `set search_path = pg_catalog;\n${script}`, timeout },
  )
  if (!ran.ok) throw refusal(ran.stderr || ran.stdout)
  return ran.stdout.trim()
}

/** PostgreSQL's own sentence, without the place in our script; the lines after it point into the query. */
function refusal(said: string): Failure {
  const lines = lastLines(said, 5)
  const error = /(?:ERROR|FATAL|error): +(.*)/.exec(lines)?.[1]
  return new Failure({
    what: error ?? (lines || 'psql failed'),
    detail: error === undefined ? undefined : lines,
  })
}
