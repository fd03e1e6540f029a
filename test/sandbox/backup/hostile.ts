/** What a backup file can try, each by itself; `may` where it runs, and reaches nothing but the database it is in. */
export interface Hostile {
  readonly what: string
  readonly sql: string
  readonly may?: true
}

const touch = 'touch /tmp/owned /backups/owned'
const program = `copy (select 1) to program '${touch}'`
/** A function that runs a command with the rights of whoever it is that calls it, and hides that it may not. */
const trap = (name: string, kind: string): string =>
  `create function public.${name} language plpgsql ${kind} as $t$ begin ${program}; return 1; exception when insufficient_privilege then return 1; end $t$;`

export const hostile: readonly Hostile[] = [
  { what: 'a shell command after a space', sql: ` \\! ${touch}` },
  { what: 'a pipe behind a query', sql: `select 1 \\g |${touch}` },
  { what: 'another database', sql: " \\connect tracehub\nCOMMENT ON DATABASE tracehub IS 'owned';" },
  { what: 'a command in the middle of a line', sql: `select 1; \\! ${touch}` },
  { what: 'a pipe for all that follows', sql: `\\o |${touch}\nselect 1;` },
  { what: 'a file for all that follows', sql: '\\o /backups/owned\nselect 1;' },
  { what: 'a copy by a program of psql', sql: `\\copy pg_class to program '${touch}'` },
  { what: 'a command in backticks', sql: `\\set x \`${touch}\`` },
  { what: 'a file that is included', sql: '\\i /backups/good.sql' },
  { what: 'a query whose results are run', sql: `select '\\! ${touch}' \\gexec` },
  { what: 'an editor', sql: `\\setenv PSQL_EDITOR '${touch};'\n\\e` },
  { what: 'a write of the query', sql: 'select 1 \\w /backups/owned' },
  { what: 'a token that is guessed', sql: `\\unrestrict guessed\n\\! ${touch}` },
  { what: 'tokens of its own', sql: `\\restrict mine\n\\unrestrict mine\n\\! ${touch}` },
  {
    what: 'tokens of its own, twice',
    sql: `\\restrict a\n\\unrestrict a\n\\restrict a\n\\unrestrict a\n\\! ${touch}`,
  },
  { what: 'data that are none', sql: `/*\nCOPY t (a) FROM stdin;\n*/\n\\! ${touch}\n\\.` },
  { what: 'a COPY that fails', sql: `COPY public.nothing (a) FROM stdin;\n\\! ${touch}\n\\.` },
  { what: 'a COPY from a file', sql: `COPY t FROM '/dev/null'; COPY x FROM stdin;\n\\! ${touch}\n\\.` },
  {
    what: 'quotes that end elsewhere',
    sql: `SET standard_conforming_strings = off;\nselect '\\';\n\\! ${touch}\n';`,
    may: true,
  },
  {
    what: 'an encoding in which a quote ends elsewhere',
    sql: `SET client_encoding = 'SJIS';\nselect '\x83';\n\\! ${touch}\n';`,
  },
  { what: 'a carriage return', sql: `select 1;\r\\! ${touch}\r` },
  { what: 'a COPY to a program', sql: `${program};` },
  { what: 'a COPY into a file of the server', sql: "copy (select 1) to '/tmp/owned';" },
  { what: 'a COPY from a file of the server', sql: "create table a (t text); copy a from '/etc/passwd';" },
  { what: 'a setting of the server', sql: `alter system set archive_command = '${touch} owned';` },
  { what: 'a library that is loaded', sql: "load '/backups/owned.so';" },
  {
    what: 'a language that is not trusted',
    sql: "create function f() returns int language c as '/tmp/owned.so', 'f';",
  },
  { what: 'a language that runs programs', sql: 'create extension plpython3u;' },
  { what: 'a login of a superuser', sql: 'create role owned superuser login;' },
  { what: 'rights for itself', sql: 'alter role toolkit_restore superuser;' },
  { what: 'a membership', sql: 'grant tracehub to current_user;' },
  { what: 'a membership of those who run programs', sql: 'grant pg_execute_server_program to current_user;' },
  { what: 'the live role', sql: 'set role tracehub;' },
  { what: 'its own role back', sql: `reset role; reset session authorization; ${program};` },
  { what: 'the live login', sql: 'set session authorization tracehub;' },
  { what: 'the live database, by a comment', sql: "comment on database tracehub is 'owned';" },
  { what: 'the live database, by its settings', sql: "alter database tracehub set search_path = 'owned';" },
  { what: 'the live database, by its end', sql: 'drop database tracehub;' },
  { what: 'the live role, by its settings', sql: "alter role tracehub set search_path = 'owned';" },
  { what: 'the model of new databases', sql: 'alter database template1 set search_path = "owned";' },
  { what: 'a database of its own', sql: 'create database owned;' },
  { what: 'a tablespace', sql: "create tablespace owned location '/tmp';" },
  {
    what: 'the end of the others',
    sql: "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tracehub';",
  },
  { what: 'an import of a file', sql: "select lo_import('/etc/passwd');" },
  {
    what: 'an export into a file',
    sql: "select lo_from_bytea(4711, 'x'); select lo_export(4711, '/tmp/owned');",
  },
  { what: 'a file that is read', sql: "select pg_read_file('/etc/passwd');" },
  {
    what: 'a way back, by dblink',
    sql: "select * from dblink('host=/var/run/postgresql dbname=tracehub user=tracehub', 'comment on database tracehub is ''owned''') as t(a text);",
  },
  {
    what: 'a way back without a password, by dblink',
    sql: "select dblink_connect_u('dbname=tracehub user=tracehub');",
  },
  {
    what: 'a way back, by a table elsewhere',
    sql: "create server loop foreign data wrapper postgres_fdw options (host '/var/run/postgresql', dbname 'tracehub'); create user mapping for current_user server loop options (user 'tracehub', password 'x'); create foreign table f (datname name) server loop options (schema_name 'pg_catalog', table_name 'pg_database'); select * from f;",
  },
  {
    what: 'a way back without a password, by a table elsewhere',
    sql: "create server loop2 foreign data wrapper postgres_fdw; create user mapping for current_user server loop2 options (user 'tracehub', password_required 'false');",
  },
  { what: 'a file as a table', sql: 'create extension file_fdw;' },
  { what: 'the passwords', sql: 'create table stolen as select rolname, rolpassword from pg_authid;' },
  {
    what: 'the catalog',
    sql: "update pg_catalog.pg_authid set rolsuper = true where rolname = 'toolkit_restore';",
  },
  {
    what: 'a function of its own in the catalog',
    sql: 'create function pg_catalog.owned() returns int language sql as $$ select 1 $$;',
  },
  {
    what: 'a subscription',
    sql: "do $$ begin execute 'create subscription owned connection ''dbname=tracehub'' publication p with (connect = false)'; end $$;",
  },
  {
    what: 'an event trigger in a statement of its own',
    sql: "create function e() returns event_trigger language plpgsql as $e$ begin end $e$; do $$ begin execute 'create event trigger owned on login execute function e()'; end $$;",
  },
  {
    what: 'a setting that is for superusers',
    sql: "set session_preload_libraries = 'owned'; set log_statement = 'none';",
  },
  {
    what: 'an owner, and a column with a default',
    sql: `create table a1 (a int);\n${trap('trap1() returns int', 'security definer')}\nALTER TABLE a1 ADD COLUMN c int DEFAULT trap1(), OWNER TO tracehub;`,
    may: true,
  },
  {
    what: 'a default for whoever inserts',
    sql: `${trap('trap2() returns int', 'security definer')} create table a2 (a int default public.trap2()); insert into a2 default values;`,
    may: true,
  },
  {
    what: 'an index that computes',
    sql: `create function public.trap3(a int) returns int language plpgsql immutable as $t$ begin return public.trap1(); end $t$; create table a3 (a int); create index on a3 (public.trap3(a)); insert into a3 select generate_series(1, 100);`,
    may: true,
  },
  {
    what: 'a template, which cannot be dropped',
    sql: 'alter database tracehub_scratch_test with is_template true;',
    may: true,
  },
  {
    what: 'a setting of its own database',
    sql: "alter database tracehub_scratch_test set search_path = 'nowhere'; alter role toolkit_restore set search_path = 'nowhere';",
    may: true,
  },
]

/** What is PostgreSQL's or an extension's: not to be given away with a superuser's rights. */
export const notToBeGiven: readonly string[] = [
  'ALTER FUNCTION pg_catalog.lo_export(oid, text) OWNER TO reader;',
  'ALTER TABLE pg_catalog.pg_authid OWNER TO reader;',
  'ALTER VIEW pg_catalog.pg_shadow OWNER TO reader;',
  'ALTER SCHEMA pg_catalog OWNER TO reader;',
  'ALTER FUNCTION public.dblink_connect_u(text) OWNER TO reader;',
  'ALTER DATABASE tracehub OWNER TO reader;',
  'ALTER TABLE public.a1 ADD COLUMN d int DEFAULT public.trap1(), OWNER TO reader;',
]
