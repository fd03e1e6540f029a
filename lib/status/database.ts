import { isVersioned, type Revision, revisions } from '../database.ts'
import { Failure } from '../failure.ts'
import type { Project } from '../project.ts'
import { lastLines } from '../text.ts'

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
}

const question = String.raw`
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
select ${isVersioned} as migrated \gset
\if :migrated
select ${revisions} from alembic_version;
\endif
`

/** @throws Failure when the database does not answer within `timeout` ms, in PostgreSQL's own words. */
export async function databaseFacts(project: Project, timeout: number): Promise<DatabaseFacts> {
  const [facts = '', schema = ''] = (await query(project, question, timeout)).split('\n')
  return { ...(JSON.parse(facts) as Omit<DatabaseFacts, 'schema'>), schema: schema || null } // as asked above
}

/** Runs a psql script: as `sql` does, and no longer than `timeout` ms. */
export async function query(project: Project, script: string, timeout: number): Promise<string> {
  const { name, user } = project.environment.database
  const options = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1']
  const ran = await project.exec(
    'db',
    ['psql', '--username', user, '--dbname', name, ...options, '--file', '-'],
    { input: script, timeout },
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
