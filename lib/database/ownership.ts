import { identifier, literal, settingName, settingValue } from './sql-words.ts'
import { bootstrap } from './superuser.ts'

/**
 * SQL for another superuser's session, for nobody may rename himself: gives the server's superuser a name of its own and
 * no password, so that nobody is it but over the socket, and makes a role with the old name, password, settings and
 * memberships. That one is a superuser, too, until it owns what it works with.
 */
export function separation(owner: string, superuser: string): string {
  const settings = `pg_db_role_setting left join pg_database d on d.oid = setdatabase where setrole = ${bootstrap}`
  const inDatabase = "case when datname is null then '' else format(' in database %I', datname) end"
  return `begin;
select coalesce(quote_literal(rolpassword), 'null') as password from pg_authid where oid = ${bootstrap} \\gset
alter role ${identifier(owner)} rename to ${identifier(superuser)};
alter role ${identifier(superuser)} password null;
create role ${identifier(owner)} login superuser bypassrls password :password;
select format('alter role %I%s set %I to %s', ${literal(owner)}, ${inDatabase}, ${settingName}, ${settingValue})
  from (select datname, unnest(setconfig) setting from ${settings}) found \\gexec
select format('alter role %I%s reset all', ${literal(superuser)}, ${inDatabase}) from ${settings} \\gexec
select format('grant %I to %I', ${literal(owner)}, rolname), format('revoke %I from %I', ${literal(superuser)}, rolname)
  from pg_auth_members m join pg_roles r on r.oid = m.member where roleid = ${bootstrap} \\gexec
select format('grant %I to %I', rolname, ${literal(owner)})
  from pg_auth_members m join pg_roles r on r.oid = m.roleid where member = ${bootstrap} and r.oid >= 16384 \\gexec
commit;`
}

/** The kinds of things that have an owner, and may have one who is no superuser. */
const catalogs: readonly (readonly [catalog: string, owner: string, only?: string])[] = [
  ['pg_namespace', 'nspowner', "nspname !~ '^pg_' and nspname <> 'information_schema'"],
  [
    'pg_class',
    'relowner',
    `relkind in ('r', 'p', 'v', 'm', 'f', 'S') and relpersistence <> 't' and not exists (select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = o.oid and relkind = 'S' and d.deptype in ('a', 'i')
    and d.refclassid = 'pg_class'::regclass)`,
  ],
  [
    'pg_type',
    'typowner',
    `typtype in ('b', 'c', 'd', 'e', 'r') and not exists (select from pg_type e where e.typarray = o.oid)
    and (typrelid = 0 or exists (select from pg_class c where c.oid = typrelid and c.relkind = 'c'))`,
  ],
  [
    // But for a range type's constructors, which are always the superuser's, and what event triggers call: whoever may
    // change that would act with the rights of the next superuser who changes the schema.
    'pg_proc',
    'proowner',
    `o.oid not in (select evtfoid from pg_event_trigger) and not exists (select from pg_depend d
    where d.classid = 'pg_proc'::regclass and d.objid = o.oid and d.deptype = 'i')`,
  ],
  ['pg_operator', 'oprowner'],
  ['pg_opclass', 'opcowner'],
  ['pg_opfamily', 'opfowner'],
  ['pg_collation', 'collowner'],
  ['pg_conversion', 'conowner'],
  ['pg_statistic_ext', 'stxowner'],
  ['pg_ts_config', 'cfgowner'],
  ['pg_ts_dict', 'dictowner'],
  ['pg_foreign_server', 'srvowner'],
  ['pg_largeobject_metadata', 'lomowner'],
]

/**
 * A script for psql that gives what the superuser has in a database to its owner. PostgreSQL's own REASSIGN OWNED refuses
 * that role. Each thing by itself, so that a lock is held for a moment, and what waits for one is tried again. What
 * only a superuser may have (extensions and what is in them, event triggers, publications, subscriptions) stays.
 * Whoever else has things in it lets the owner at them, as a superuser could, unless that role may do more than that. No
 * event trigger is run meanwhile.
 */
export const handOver = (owner: string): string => `
set lock_timeout = '2s';
set session_replication_role = replica;
${catalogs
  .map(([catalog, column, only = 'true']) => {
    const id = catalog === 'pg_largeobject_metadata' ? 'pg_largeobject' : catalog
    return `select format('alter %s %s owner to %I', case it.type when 'statistics object' then 'statistics' else
    case '${catalog}' when 'pg_proc' then 'routine' else it.type end end, it.identity, ${literal(owner)})
  from ${catalog} o, pg_identify_object('${id}'::regclass, o.oid, 0) it
  where ${column} = ${bootstrap} and (o.oid >= 16384 or it.type = 'schema') and ${only} and not exists (select from pg_depend d
    where d.classid = '${id}'::regclass and d.objid = o.oid and d.deptype = 'e') \\gexec`
  })
  .join('\n')}
select format('alter policy %I on %s to %s', polname, polrelid::regclass, (select string_agg(
    case role when 0 then 'public' when ${bootstrap} then quote_ident(${literal(owner)}) else role::regrole::text end, ', ') from unnest(polroles) role))
  from pg_policy where ${bootstrap} = any (polroles) \\gexec
select format('grant %I to %I', rolname, ${literal(owner)}) from pg_roles r where not rolsuper and not rolcreaterole and not rolreplication and rolname !~ '^pg_'
  and not exists (select from pg_roles p where p.rolname ~ '^pg_(execute|read|write)_' and pg_has_role(r.oid, p.oid, 'member'))
  and (oid in (select relowner from pg_class) or oid in (select nspowner from pg_namespace) or oid in (select proowner from pg_proc))
  and not pg_has_role(oid, ${literal(owner)}, 'member') and not pg_has_role(${literal(owner)}, oid, 'member') \\gexec
select format('create user mapping if not exists for %I server %I%s', ${literal(owner)}, srvname,
    (select ' options (' || string_agg(format('%I %L', option_name, option_value), ', ') || ')' from pg_options_to_table(umoptions)))
  from pg_user_mapping m join pg_foreign_server s on s.oid = umserver where umuser = ${bootstrap} \\gexec
${grants(owner)}
${defaultPrivileges(owner)}`

/** What things that the owner makes from now on let others do; nothing of it stays the superuser's. */
function defaultPrivileges(owner: string): string {
  const kind = `case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end`
  const place = `case defaclnamespace when 0 then '' else format(' in schema %s', defaclnamespace::regnamespace) end`
  const grantees = (own: string): string =>
    `case grantee when 0 then 'public' when ${bootstrap} then quote_ident(${own}) else grantee::regrole::text end`
  const ofOwner = `format('alter default privileges for role %I', ${literal(owner)})`
  const ofSuperuser = `format('alter default privileges for role %s', ${bootstrap}::regrole)`
  const from = (more = '', only = 'true'): string =>
    `from pg_default_acl${more} where defaclrole = ${bootstrap} and ${only} \\gexec`
  const exploded = ', aclexplode(defaclacl)'
  return `begin;
select ${ofOwner} || format(' revoke all on %s from public', ${kind}) ${from('', 'defaclnamespace = 0')}
select ${ofOwner} || format('%s grant %s on %s to %s%s', ${place}, privilege_type, ${kind}, ${grantees(literal(owner))},
  case when is_grantable then ' with grant option' else '' end) ${from(exploded)}
select ${ofSuperuser} || format('%s revoke all on %s from %s', ${place}, ${kind}, ${grantees(`${bootstrap}::regrole::name`)}) ${from(exploded)}
-- One that says what is usual anyway is none.
select ${ofSuperuser} || format(' grant all on %s to %s', ${kind}, ${bootstrap}::regrole),
  ${ofSuperuser} || case when defaclobjtype in ('f', 'T') then format(' grant all on %s to public', ${kind})
    else format(' revoke all on %s from public', ${kind}) end ${from('', 'defaclnamespace = 0')}
commit;`
}

/** What others let the superuser do with their own, of tables, schemas and functions. */
function grants(owner: string): string {
  const of = (catalog: string, acl: string, own: string, kind: string, name: string): string =>
    `select format('grant %s on ${kind} %s to %I%s', privilege_type, ${name}, ${literal(owner)}, case when is_grantable then ' with grant option' else '' end),
    format('revoke all on ${kind} %s from %s', ${name}, ${bootstrap}::regrole)
  from ${catalog} o, aclexplode(${acl}) where grantee = ${bootstrap} and ${own} <> ${bootstrap} and o.oid >= 16384 \\gexec`
  return [
    of(
      'pg_class',
      'relacl',
      'relowner',
      '',
      "case relkind when 'S' then 'sequence ' else '' end || o.oid::regclass",
    ),
    of('pg_namespace', 'nspacl', 'nspowner', 'schema', 'o.oid::regnamespace'),
    of('pg_proc', 'proacl', 'proowner', 'routine', 'o.oid::regprocedure'),
  ].join('\n')
}

/** SQL: the databases whose things may still be the superuser's: this one, and those that are its own. */
export const databasesToHandOver = (name: string): string =>
  `select datname from pg_database where datallowconn and (datname = ${literal(name)}
    or datdba = ${bootstrap} and datname not in ('postgres', 'template0', 'template1')) order by datname <> ${literal(name)}, 1`
