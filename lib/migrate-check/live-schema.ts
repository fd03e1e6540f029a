import { Failure } from '../base/failure.ts'
import { attempt, type Ran } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { ownSettings, sql } from '../database/database.ts'
import { recordingScript } from '../database/version-table.ts'
import type { Project } from '../docker/project.ts'
import { powerless } from './restore.ts'
import type { ScratchServer } from './scratch-server.ts'

/** In ms. A table that somebody has locked is not waited for longer than a tenth of it. */
const patience = 5 * 60_000

/**
 * Copies the live schema, and none of its rows, into a database of its own; Alembic finds its revision there. Left out
 * is what would act by itself: event triggers, publications and subscriptions.
 * @param revision as the live database has it
 * @returns the name of the database.
 * @throws Failure where the live database does not give its schema, or the scratch server cannot hold it.
 */
export async function copySchema(
  project: Project,
  server: ScratchServer,
  id: string,
  revision: string | null,
  signal: AbortSignal,
): Promise<string> {
  const database = `migrate_check_${id}_live`
  const ask = async (statement: string): Promise<string> =>
    said(await inScratch(server, database, statement, signal))
  const extent = await sql(project, extentQuery, { signal })
  const [path = '', ...roles] = (await sql(project, surroundings, { signal })).split('\n')
  const statements = await dump(project, signal)
  said(await inScratch(server, 'postgres', before(database, path, roles), signal))
  const loaded = await inScratch(server, database, `${statements}\n${afterwards}`, signal)
  if ((await ask(extentQuery)) !== extent)
    throw new Failure({
      what: 'the scratch database did not take all of it',
      detail: loaded.stderr.split('\n').filter(isError).slice(0, 3).join('\n'),
    })
  if (revision !== null)
    await ask(`\\set ON_ERROR_STOP on\n${recordingScript(project.environment.database, revision)}`)
  return database
}

async function dump(project: Project, signal: AbortSignal): Promise<string> {
  const { name, user } = project.environment.database
  const ran = await project.exec(
    'db',
    [
      ...['env', `PGOPTIONS=${ownSettings}`, 'pg_dump', '--username', user, '--dbname', name],
      ...['--schema-only', `--lock-wait-timeout=${patience / 10}`, '--no-owner', '--no-privileges'],
      ...['--no-publications', '--no-subscriptions', '--no-security-labels', '--no-tablespaces'],
    ],
    { timeout: patience, signal },
  )
  if (ran.ok) return ran.stdout
  throw new Failure({ what: 'pg_dump could not read it', detail: lastLines(ran.stderr, 5) })
}

/** What the live database says may hold commands for psql: they get no rights of root's, not even in this container. */
function inScratch(
  server: ScratchServer,
  database: string,
  input: string,
  signal: AbortSignal,
): Promise<Ran> {
  const psql = `${powerless}; exec $powerless psql -U postgres -XqAt -d "$1" -f -`
  const command = ['docker', 'exec', '--interactive', `${server.container}`, 'bash', '-c', psql, 'bash']
  return attempt([...command, database], { input, timeout: patience, signal })
}

function said({ ok, stdout, stderr }: Ran): string {
  if (ok) return stdout.trim()
  throw new Failure({
    what: 'the scratch server did not take it',
    detail: lastLines(stderr, 5),
  })
}

const isError = (line: string): boolean => / (ERROR|FATAL): /.test(line)

/** From here on no operator that somebody has made is taken for PostgreSQL's own: these are a superuser's sessions. */
const safePath = 'set search_path = pg_catalog;'

/** Where the live database looks for names without a schema, then the roles that its policies and migrations may name. */
const surroundings = `select pg_catalog.array_to_string(array(
    select pg_catalog.quote_ident(s) from pg_catalog.unnest(pg_catalog.current_schemas(false)) s), ', ');
  ${safePath} select quote_ident(rolname) from pg_roles where rolname !~ '^pg_' and rolname !~ E'\\n' order by 1`

const before = (database: string, path: string, roles: readonly string[]): string =>
  [
    ...roles.map(role => `create role ${role};`),
    '\\set ON_ERROR_STOP on',
    ...(path === '' ? [] : [`alter role postgres set search_path = ${path};`]),
    `create database ${database} template template0 encoding 'UTF8';`,
  ].join('\n')

/**
 * In the session that made them: an event trigger that runs at every login may keep everybody out. What pg_dump leaves
 * empty could not be read: on the live database it can.
 */
const afterwards = `do $$ declare it text; begin
  for it in select evtname from pg_event_trigger loop
    execute format('drop event trigger %I', it);
  end loop;
  for it in select oid::regclass from pg_class where relkind = 'm' order by oid loop
    begin
      execute format('refresh materialized view %s', it);
    exception when others then null; -- so it stays empty
    end;
  end loop;
end $$;`

const isOwn = (kind: 'pg_class' | 'pg_proc', oid: string): string => `not exists (
    select from pg_depend d where d.classid = '${kind}'::regclass and d.objid = ${oid} and d.deptype = 'e')`

/** How many there are of what migrations deal with. What an extension brings is not counted: one may do without it. */
const extentQuery = `${safePath} with own as (
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and ${isOwn('pg_class', 'c.oid')})
  select concat_ws(' ', (select count(*) from own),
    (select count(*) from pg_attribute where attrelid in (select oid from own) and attnum > 0 and not attisdropped),
    (select count(*) from pg_constraint where conrelid in (select oid from own)),
    (select count(*) from pg_index where indrelid in (select oid from own) and indisvalid),
    (select count(*) from pg_trigger where tgrelid in (select oid from own) and not tgisinternal),
    (select count(*) from pg_policy where polrelid in (select oid from own)),
    (select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and ${isOwn('pg_proc', 'p.oid')}))`
