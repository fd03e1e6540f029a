import { Failure } from '../base/failure.ts'
import { attempt, type Ran } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { ownSettings, sql } from '../database/database.ts'
import { identifier } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import { recordingScript, revisionScript } from '../database/version-table.ts'
import type { Project } from '../docker/project.ts'
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
  const settings = project.environment.database
  const [extent = '', path = '', ...roles] = (
    await sql(project, `${surroundings} ${extentQuery}`, { signal, ownPath: true })
  )
    .split('\n')
    .reverse()
  const script = [
    ...roles.map(role => `create role ${role};`),
    `create database ${identifier(settings.name)};`, // empty: for ALTER DATABASE, which names it
    ...(path === '' ? [] : [`alter role postgres set search_path = ${path};`]),
    `create database ${database} template template0 encoding 'UTF8';`,
    `\\connect ${database}`,
    await dump(project, signal),
    afterwards,
    `\\connect ${database}`,
    ...(revision === null ? [] : [recordingScript(settings, revision), revisionScript(settings)]),
    `${extentQuery};`,
  ].join('\n')
  const { stdout, stderr } = await inScratch(server, script, signal)
  if (stdout.trim().endsWith(revision === null ? extent : `${revision}\n${extent}`)) return database
  throw new Failure({
    what: 'the scratch database did not take all of it',
    detail: stderr.split('\n').filter(isError).slice(0, 3).join('\n'),
  })
}

async function dump(project: Project, signal: AbortSignal): Promise<string> {
  const { name } = project.environment.database
  const user = await superuserOf(project, { signal })
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

/** psql's rights, where the image has what takes root's away. */
const powerless = `powerless=''
  if setpriv --help 2>&1 | grep -q -e --reuid; then powerless='setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --'; fi`

/** What the live database says may hold commands for psql: they get no rights of root's, not even in this container. */
function inScratch(server: ScratchServer, input: string, signal: AbortSignal): Promise<Ran> {
  const psql = `${powerless}; exec $powerless psql -U postgres -XqAt -f -`
  const command = ['docker', 'exec', '--interactive', `${server.container}`, 'bash', '-c', psql]
  return attempt(command, { input, timeout: patience, signal })
}

const isError = (line: string): boolean => / (ERROR|FATAL): /.test(line)

/** From here on no operator that somebody has made is taken for PostgreSQL's own: these are a superuser's sessions. */
const safePath = 'set search_path = pg_catalog;'

/** The roles that policies and migrations may name, then where the live database looks for names without a schema. */
const surroundings = `select pg_catalog.array_to_string(array(
    select pg_catalog.quote_ident(s) from pg_catalog.unnest(pg_catalog.current_schemas(false)) s), ', ') as path \\gset
  ${safePath} select quote_ident(rolname) || case when rolsuper or oid = (select datdba from pg_database where datname = current_database())
    then ' superuser' else '' end from pg_roles
    where rolname <> 'postgres' and rolname !~ '^pg_' and rolname !~ E'\\n' order by 1;
  select :'path';`

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
