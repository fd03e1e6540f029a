import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { removeLogins } from '../../../lib/database/login.ts'
import { backup, deployed, psql, rollBack, site } from '../backup/place.ts'
import { docker } from '../docker.ts'
import { deploy, script } from '../harness.ts'

/**
 * The application owns its database, and somebody runs what he likes in it: whatever he leaves there, no session of the
 * toolkit's, which is a superuser's, does his work; and none is kept from its own.
 */
const hostile = suite('an application that somebody has taken over')
const container = 'tracehub-db-staging'

const asked = (words: readonly string[], statements: readonly string[]): Promise<string> =>
  docker(
    ...['exec', container, 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', ...words],
    ...statements.flatMap(statement => ['-c', statement]),
  )
const asApplication = (...statements: string[]): Promise<string> =>
  asked(['-U', 'tracehub_app_1', '-d', 'tracehub'], statements)
/** In another database: the application's settings are not for this one. */
const asAdmin = (...statements: string[]): Promise<string> =>
  asked(['-U', 'tracehub_admin', '-d', 'postgres'], statements)

const reached = async (): Promise<string> =>
  [
    await docker('exec', container, 'bash', '-c', 'ls /tmp'),
    await asAdmin(
      "select 'superuser: ' || rolname from pg_roles where rolsuper and rolname <> 'tracehub_admin'",
    ),
  ].join('')

/** A body in PL/pgSQL that runs a program where it may, and then gives what it is expected to give. */
const trap = (result: string): string => `language plpgsql as $f$ begin
  if pg_catalog.current_setting('is_superuser') operator(pg_catalog.=) 'on' then
    copy (select 1) to program 'cat >/dev/null; id >/tmp/owned'; end if;
  return ${result}; end $f$;`
const shadow = (type: string, operator: string): string =>
  `create function evil.shadow(${type}, ${type}) returns boolean ${trap(`$1 operator(pg_catalog.${operator}) $2`)}
  create operator evil.${operator} (leftarg = ${type}, rightarg = ${type}, function = evil.shadow);`

/** All that reads the live database with a superuser's rights. */
async function everything(): Promise<void> {
  assert.is((await script('status', ['-e', 'staging'])).code, 0)
  const made = await backup('--verify', '--no-uploads')
  assert.is(made.code, 0, made.stdout + made.stderr)
  const live = await deploy('staging', 'v1', '--force')
  assert.is(live.code, 0, live.stdout + live.stderr)
}

hostile.before(async () => {
  await deployed('v1')
  assert.is((await backup('--verify', '--no-uploads')).code, 0)
  await asApplication('create schema evil')
})
hostile.after.each(async () => {
  await asAdmin('alter database tracehub reset all', 'alter role tracehub reset all')
})

hostile('a search path on which its own operators come before PostgreSQL’s', async () => {
  await asApplication(
    shadow('"char"', '='),
    ...['=', '<>'].map(operator =>
      shadow('name', operator).replaceAll('shadow', `shadow_${operator === '=' ? 'eq' : 'ne'}`),
    ),
    shadow('text', '='),
    'alter database tracehub set search_path = evil, pg_catalog, public',
  )
  await everything()
  assert.is(await reached(), '')
})

hostile(
  'half a statement in a list of names, which goes from role to role and from database to database',
  async () => {
    const half = 'public,x;alter/**/role/**/tracehub/**/superuser;--'
    for (const whose of ['role', 'database'])
      await asApplication(
        `select set_config('search_path', '${half}', false)`,
        `alter ${whose} tracehub set search_path from current`,
      )
    await everything()
    assert.is(await reached(), '')
    assert.is(
      await psql("select setconfig[1] from pg_db_role_setting where setrole = 'tracehub_app_1'::regrole"),
      `search_path=public, "x;alter/**/role/**/tracehub/**/superuser;--"`,
    )
  },
)

hostile('settings under which no session would be a superuser’s, or come up at all', async () => {
  await asApplication(
    "alter database tracehub set role = 'tracehub'",
    "alter database tracehub set local_preload_libraries = 'nothing'",
  )
  assert.is((await script('status', ['-e', 'staging'])).code, 0)
  const made = await backup('--verify', '--no-uploads')
  assert.is(made.code, 0, made.stdout + made.stderr)
  const back = await rollBack() // nor is the application's own kept away by what it was before
  assert.is(back.code, 0, back.stdout + back.stderr)
  await asApplication("alter role tracehub set local_preload_libraries = 'nothing'")
  const next = await deploy('staging', 'v1', '--force')
  assert.is(next.code, 0, next.stdout + next.stderr)
})

hostile('an encoding in which not every text can be said, and a backslash is half a letter', async () => {
  await asApplication(
    'create table evil."ソ" (a text); insert into evil."ソ" values (\'ソ €\')',
    "alter database tracehub set client_encoding = 'SJIS'",
  )
  const made = await backup('--verify', '--no-uploads')
  assert.is(made.code, 0, made.stdout + made.stderr)
  assert.is((await script('status', ['-e', 'staging', '--db'])).code, 0)
  await asAdmin('alter database tracehub reset all')
  await asApplication('drop table evil."ソ"')
})

hostile('sessions that end when they are idle for a millisecond', async () => {
  await asApplication('alter database tracehub set idle_session_timeout = 1')
  assert.is((await script('status', ['-e', 'staging'])).code, 0)
  const made = await backup('--verify', '--no-uploads')
  assert.is(made.code, 0, made.stdout + made.stderr)
})

for (const [what, table, column] of [
  ['the version table', 'alembic_version', 'version_num'],
  ['a table of many rows', 'shipments', 'reference'],
] as const)
  hostile(`${what}, locked, and a view when the lock is gone`, async () => {
    const relation = `relation = 'public.${table}'::regclass`
    const swapping = asApplication(
      `create or replace function evil.of(t text) returns text ${trap('t')}`,
      `begin; lock table ${table} in access exclusive mode;
      do $$ begin for i in 1..3000 loop exit when exists (select from pg_locks where ${relation} and not granted);
        perform pg_sleep(0.01); end loop; end $$;
      alter table ${table} rename to real; create view ${table} as select evil.of(${column}::text) as ${column} from real; commit`,
    )
    while ((await psql(`select count(*) from pg_locks where ${relation} and granted`)) === '0');
    const made = await backup('--no-uploads')
    await swapping
    assert.is.not(made.code, 0)
    assert.is(await reached(), '')
    await asApplication(`drop view ${table}`, `alter table real rename to ${table}`)
  })

hostile('a version table whose column is of another type when its lock is gone', async () => {
  const relation = `relation = 'public.alembic_version'::regclass`
  const swapping = asApplication(
    'create type evil.revision as (a text)',
    `create function evil.read(evil.revision) returns text ${trap('$1.a')}`,
    'create cast (evil.revision as text) with function evil.read(evil.revision)',
    "create table evil.versions (version_num evil.revision); insert into evil.versions values (row('a1b2c3d4'))",
    `begin; lock table alembic_version in access exclusive mode;
    do $$ begin for i in 1..3000 loop exit when exists (select from pg_locks where ${relation} and not granted);
      perform pg_sleep(0.01); end loop; end $$;
    alter table alembic_version rename to real; alter table evil.versions rename to alembic_version;
    alter table evil.alembic_version set schema public; commit`,
  )
  while ((await psql(`select count(*) from pg_locks where ${relation} and granted`)) === '0');
  await script('status', ['-e', 'staging'])
  await swapping
  assert.is(await reached(), '')
  await asApplication(
    'drop table alembic_version; alter table real rename to alembic_version',
    'drop type evil.revision cascade',
  )
})

hostile('functions that PostgreSQL calls to plan how a table is read', async () => {
  await asApplication(
    `create function evil.run() returns integer ${trap('1')}`,
    'create function evil.one(integer) returns integer immutable language plpgsql as $f$ begin return evil.run(); end $f$',
    'create index planned on alembic_version (version_num) where evil.one(1) = 1',
    'create index planned_too on shipments (reference) where evil.one(1) = 1',
    'create statistics evil.planned on (evil.one(1)) from shipments',
  )
  await everything()
  assert.is((await rollBack()).code, 0)
  assert.is(await reached(), '')
  await asApplication('drop function evil.run, evil.one cascade')
})

hostile(
  'a function in an index that fails whenever a table is read: the backup is whole, and says so',
  async () => {
    await asApplication(
      `create table evil.building (a int);
    create function evil.fail(integer) returns integer immutable language plpgsql as $f$ begin
      if not exists (select from pg_class where relname = 'building') then raise exception 'not now'; end if; return 1; end $f$;
    create index failing on shipments (reference) where evil.fail(1) = 1; drop table evil.building`,
    )
    const made = await backup('--no-uploads')
    assert.is(made.code, 0, made.stdout + made.stderr)
    assert.match(made.stdout + made.stderr, 'the rows of the backup could not be counted')
    await asApplication('drop function evil.fail cascade')
  },
)

hostile('a table like the version table, whose name has two lines', async () => {
  await asApplication('create table evil."a\nb" (version_num text)')
  await everything()
  await asApplication('drop table evil."a\nb"')
})

hostile(
  'operators in the database from which the others are made, as everybody could make them before 15',
  async () => {
    await asAdmin('grant create on schema public to public')
    const inPostgres = (...statements: string[]): Promise<string> =>
      asked(['-U', 'tracehub_app_1', '-d', 'postgres'], statements)
    await inPostgres(
      `create function public.equal(oid, integer) returns boolean ${trap('$1 operator(pg_catalog.=) $2::oid')}
    create operator public.= (leftarg = oid, rightarg = integer, function = public.equal);`,
      `create function public.pg_sleep(numeric) returns boolean ${trap('true')}`,
    )
    await everything()
    const back = await rollBack()
    assert.is(back.code, 0, back.stdout + back.stderr)
    assert.is(await reached(), '')
    await asAdmin(
      'drop function public.equal cascade; drop function public.pg_sleep',
      'revoke create on schema public from public',
    )
  },
)

hostile(
  'a transaction elsewhere that has begun to change the database: a rollback does not wait for it',
  async () => {
    const open = asked(
      ['-U', 'tracehub_app_1', '-d', 'postgres'],
      ["begin; comment on database tracehub is 'mine'; select pg_sleep(300)"],
    ).catch(() => undefined)
    const back = await rollBack()
    await open
    assert.is(back.code, 0, back.stdout + back.stderr)
  },
)

hostile('a login to which things were given, in any database: it can be removed all the same', async () => {
  const { project } = await site()
  await psql('create role tracehub_app_2 login in role tracehub')
  await asked(['-U', 'tracehub_app_2', '-d', 'postgres'], ['select lo_create(0)'])
  await asked(['-U', 'tracehub_app_2', '-d', 'tracehub'], ['create table evil.its (a int)'])
  await asApplication(
    'grant select on shipments to tracehub_app_2',
    'alter default privileges grant select on tables to tracehub_app_2',
  )
  assert.is((await backup('--verify', '--no-uploads')).code, 0)
  await removeLogins(project, ['tracehub_app_2'])
  assert.is(await psql("select count(*) from pg_roles where rolname = 'tracehub_app_2'"), '0')
  assert.is(await psql("select relowner::regrole from pg_class where relname = 'its'"), 'tracehub')
  const back = await rollBack() // the backup names a login that is no more
  assert.is(back.code, 0, back.stdout + back.stderr)
  assert.is(await psql("select relowner::regrole from pg_class where relname = 'its'"), 'tracehub')
  assert.is(await psql("select count(*) from pg_roles where rolname = 'tracehub_app_2'"), '0')
})

hostile.run()
