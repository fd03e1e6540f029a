import { admin } from '../database/database.ts'
import { identifier, literal, settingIsKept, settingName, settingValue } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'

/** Who owns a database; where it is gone, the environment's user. */
export async function ownerOf(project: Project, name: string): Promise<string> {
  const owner = `select pg_get_userbyid(datdba) from pg_database where datname = ${literal(name)}`
  return (await admin(project, owner)) || project.environment.database.user
}

/**
 * Another C library than the one that made the server's data keeps every database from being made: "template database
 * has a collation version mismatch". In template0 there is nothing that anybody has sorted, so it need only be said.
 */
const refreshTemplate = String.raw`
select current_setting('server_version_num')::int >= 150000 as has_collations \gset
\if :has_collations
select 'alter database template0 refresh collation version' from pg_database where datname = 'template0'
  and datcollversion <> pg_database_collation_actual_version(oid) \gexec
\endif
`

type Alike = Readonly<Record<'model' | 'name' | 'owner', string>>

/**
 * Makes an empty database with another one's encoding, locale and tablespace; where that one is gone, with the
 * server's defaults.
 * @param owner until it is filled
 */
export async function createLike(project: Project, { model, name, owner }: Alike): Promise<void> {
  await admin(
    project,
    `${refreshTemplate}
select coalesce((select format('create database %I template template0 owner %I encoding %L lc_collate %L lc_ctype %L tablespace %I%s',
    ${literal(name)}, ${literal(owner)}, pg_encoding_to_char(encoding), datcollate, datctype, spcname,
    case to_jsonb(d)->>'datlocprovider' when 'i' then format(' locale_provider icu icu_locale %L', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'))
      when 'b' then format(' locale_provider builtin builtin_locale %L', to_jsonb(d)->>'datlocale') else '' end)
  from pg_database d join pg_tablespace t on t.oid = dattablespace where datname = ${literal(model)}),
  format('create database %I template template0 owner %I', ${literal(name)}, ${literal(owner)})) \\gexec
`,
  )
}

/** Forgets what the SQL that filled a database has set for its sessions to come: ours are among them. */
export async function forgetSettings(project: Project, name: string): Promise<void> {
  await admin(
    project,
    `alter database ${identifier(name)} reset all;
    select format('alter role %I in database %I reset all', setrole::regrole, datname)
    from pg_db_role_setting join pg_database d on d.oid = setdatabase where datname = ${literal(name)} and setrole <> 0 \\gexec`,
  )
}

/**
 * Gives a database that was filled what no dump holds: the owner, and the other one's limit, settings, grants and
 * comment. Last, because what is set for those who use the database (read only, a time limit) is not for its restore.
 */
export async function finishLike(project: Project, { model, name, owner }: Alike): Promise<void> {
  const like = literal(model)
  await admin(
    project,
    `
select format('alter database %I owner to %I', ${literal(name)}, ${literal(owner)}) \\gexec
select format('alter database %I connection limit %s', ${literal(name)}, coalesce((select datconnlimit from pg_database where datname = ${like}), -1)) \\gexec
select format('alter %s set %I to %s', case when setrole = 0 then format('database %I', ${literal(name)}) else format('role %I in database %I', setrole::regrole::text, ${literal(name)}) end,
    ${settingName}, ${settingValue})
  from pg_db_role_setting join pg_database d on d.oid = setdatabase, unnest(setconfig) setting where datname = ${like} and ${settingIsKept} \\gexec
select format('revoke all on database %I from public', ${literal(name)}) from pg_database where datname = ${like} and datacl is not null \\gexec
select format('grant %s on database %I to %s%s', privilege_type, ${literal(name)}, case when grantee = 0 then 'public' else grantee::regrole::text end,
    case when is_grantable then ' with grant option' else '' end)
  from pg_database, aclexplode(datacl) where datname = ${like} \\gexec
select format('comment on database %I is %L', ${literal(name)}, (select shobj_description(oid, 'pg_database') from pg_database where datname = ${like})) \\gexec
`,
  )
}
