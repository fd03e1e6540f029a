import { Failure } from '../base/failure.ts'
import { admin, sql } from '../database/database.ts'
import { identifier, literal } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'
import { isHarmless, isWhoeverRuns, ownerGivenBy, triggerSwitchedOff } from './harmless.ts'
import { restorer, type Statements } from './statements.ts'

const role = identifier(restorer)

/**
 * Makes the role that restores: whatever a backup's SQL tries, it has no rights but in the database that is its own.
 * What all roles are told (a time limit of PostgreSQL 17, say) is not for it. It may give itself a password, but none that
 * is valid: with one, dblink and the like would let it into other databases. Nothing is counted of what it does:
 * autovacuum would look at its tables, when they have got their owner, and call their functions with that one's rights.
 */
export async function makeRestorer(project: Project): Promise<void> {
  await admin(
    project,
    `do $$ begin if not exists (select from pg_roles where rolname = ${literal(restorer)}) then create role ${role}; end if; end $$;
    alter role ${role} login nosuperuser nocreatedb nocreaterole inherit noreplication bypassrls password null valid until '-infinity';
    alter role ${role} reset all;
    select format('revoke %s from ${role}', roleid::regrole) from pg_auth_members where member = ${literal(restorer)}::regrole \\gexec
    alter role ${role} set track_counts = off;
    select 'alter role ${role} set transaction_timeout = 0' from pg_settings where name = 'transaction_timeout' \\gexec`,
  )
}

/**
 * Extensions of PostgreSQL's own (its documentation, appendix F) that only a superuser may make and that give nobody
 * else more than he has: they are made also where there is no live database that has them, as on a new server.
 */
const usual = [
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
  wanted: { name: string; live: string | undefined; extensions: Statements['extensions']; any?: boolean },
): Promise<void> {
  const { any = false, extensions, live, name } = wanted
  const statements = [`grant select on pg_catalog.pg_largeobject to ${role};`]
  if (extensions.length > 0) {
    const here = 'select extname from pg_catalog.pg_extension'
    const known = live === undefined ? usual : (await sql(project, here, { database: live })).split('\n')
    const wanting = extensions.filter(one => (any || known.includes(one.name)) && one.name !== 'plpgsql')
    statements.push(
      ...wanting.map(made),
      `select format('grant usage on foreign data wrapper %I to ${role}', fdwname) from pg_foreign_data_wrapper \\gexec`,
    )
  }
  await sql(project, statements.join('\n'), { database: name, timeout: 10 * 60_000 })
}

/** Makes an extension, where the role that restores may not make it itself. */
function made({ name, schema }: Statements['extensions'][number]): string {
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

/** Lets it read what its owner may not read (a superuser may); after the backup's SQL has run. */
export const letReadAll = `select 'grant pg_read_all_data to ${role}' from pg_roles where rolname = 'pg_read_all_data' \\gexec`

/** SQL that removes the role, unless a database is left that is still its own. */
export const dropRestorer = `do $$ begin drop role if exists ${role}; exception when dependent_objects_still_exist then null; end $$;`

/**
 * Gives what was restored to those to whom it belongs. Until then nothing in it runs with anybody's rights.
 * Table by table, each in a transaction of its own: one for all needs more locks than the server has room for.
 * @param filled.owner of the database, and of whatever the backup gives to nobody else
 * @returns the event triggers, which are switched off.
 */
export async function handOver(
  project: Project,
  filled: { name: string; owner: string; found: Statements },
): Promise<string[]> {
  const { name, owner, found } = filled
  const names = `select rolname from pg_roles where oid in (${powerful(owner)})`
  const theirs = [owner, ...(await admin(project, names)).split('\n')] // what they own runs with rights that no backup is given
  const later = found.later.filter(statement => {
    const role = ownerGivenBy(statement) ?? ''
    return (
      !(theirs.includes(role) || isWhoeverRuns(role)) ||
      (statement.startsWith(`ALTER SCHEMA `) && role === owner)
    )
  })
  const last = found.last.map(triggerSwitchedOff)
  const harmful =
    later.find(statement => !isHarmless(statement)) ?? found.last.find((_, i) => last[i] === undefined)
  if (harmful !== undefined) throw denied(harmful)
  const script = `
set search_path = '';
set synchronous_commit = off;
${later.join('\n')}
select format('alter %s %s owner to %I', case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
    when 'f' then 'foreign table' else 'table' end, c.oid::regclass, ${literal(owner)})
  from pg_class c where relowner = ${literal(restorer)}::regrole and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and relkind = 'S'
      and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) \\gexec
reassign owned by ${role} to ${identifier(owner)};
drop owned by ${role};
${demandKept}
${demandPowerless(owner)}
${last.join('\n')}
select evtname from pg_event_trigger order by 1;
`
  const triggers = await sql(project, script, { database: name, timeout: 60 * 60_000 })
  return triggers === '' ? [] : triggers.split('\n')
}

/** What PostgreSQL or an extension owns was not given away: functions among it can do more than their new owner may. */
const given = (catalog: string, owner: string): string =>
  `exists (select from ${catalog} o join pg_roles r on r.oid = o.${owner} and not rolsuper and rolname <> 'pg_database_owner'
    where o.oid < 16384 and (o.oid, '${catalog}'::regclass) <> ('public'::regnamespace, 'pg_namespace'::regclass)
      or exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = o.oid and d.deptype = 'e'))`
const demandKept = `do $$ begin if ${[
  given('pg_proc', 'proowner'),
  given('pg_class', 'relowner'),
  given('pg_type', 'typowner'),
  given('pg_namespace', 'nspowner'),
].join(' or ')}
then raise exception 'permission denied for what PostgreSQL or an extension owns'; end if; end $$;`

/** SQL: the roles, but for the owner, that may do more on the server than to own a database, or may become one that does. */
const powerful = (owner: string): string => `select r.oid from pg_roles r, pg_roles other
  where (other.rolsuper or other.rolcreaterole or other.rolreplication or other.oid < 16384 and other.rolname ~ '_server_'
      or other.oid = r.oid and r.oid < 16384 and r.rolname <> 'pg_database_owner')
    and pg_has_role(r.oid, other.oid, 'member') and r.rolname <> ${literal(owner)}`

/** However their names were written: what is called with the rights of its owner has none that a backup may not have. */
const demandPowerless = (owner: string): string => {
  const has = (catalog: string, column: string): string =>
    `exists (select from ${catalog} o where o.oid >= 16384 and o.${column} in (${powerful(owner)}) and not exists (select from pg_depend d
      where d.classid = '${catalog}'::regclass and d.objid = o.oid and d.deptype in ('e', 'i')))`
  return `do $$ begin if ${[has('pg_proc', 'proowner'), has('pg_class', 'relowner'), has('pg_type', 'typowner'), has('pg_namespace', 'nspowner')].join(' or ')}
then raise exception 'permission denied: a role that may do more than own a database would own what the backup has'; end if; end $$;`
}

const denied = (statement: string): Failure =>
  new Failure({
    what: 'a statement is not for a superuser',
    detail: `ERROR:  permission denied for: ${statement}`,
  })
