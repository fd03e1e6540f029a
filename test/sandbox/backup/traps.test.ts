import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { databaseFacts } from '../../../lib/operations/status/database.ts'
import { docker } from '../docker.ts'
import { script } from '../harness.ts'
import { backup, backups, databases, deployed, listed, psql, rollBack, site } from './place.ts'

/** What lies in a backup file and waits: for a session of the toolkit's own that has more rights than the restore. */
const staging = suite('traps in a backup file: nobody who has rights steps into one')

const inDatabase = (command: string): Promise<string> =>
  docker('exec', 'tracehub-db-staging', 'bash', '-c', command)
const owned = (): Promise<string> => inDatabase('ls /tmp')

/** A body in PL/pgSQL that runs a program where it may, and then gives what an operator should. */
const trap = (result: string): string => `language plpgsql as $f$ begin
  if pg_catalog.current_setting('is_superuser') operator(pg_catalog.=) 'on' then
    copy (select 1) to program 'cat >/dev/null; id >/tmp/owned'; end if;
  return ${result}; end $f$;`

const shadows = `CREATE SCHEMA evil;
CREATE FUNCTION evil.eq(text, text) RETURNS boolean ${trap('$1 operator(pg_catalog.=) $2')}
CREATE OPERATOR evil.= (leftarg = text, rightarg = text, function = evil.eq);
CREATE FUNCTION public.oid_eq(oid, regclass) RETURNS boolean ${trap('$1 operator(pg_catalog.=) $2::oid')}
CREATE OPERATOR public.= (leftarg = oid, rightarg = regclass, function = public.oid_eq);
CREATE FUNCTION public.oid_lt(oid, integer) RETURNS boolean ${trap('$1 operator(pg_catalog.<) $2::oid')}
CREATE OPERATOR public.< (leftarg = oid, rightarg = integer, function = public.oid_lt);
CREATE FUNCTION public.unlike(name, name) RETURNS boolean ${trap('$1::text operator(pg_catalog.!~) $2::text')}
CREATE OPERATOR public.!~ (leftarg = name, rightarg = name, function = public.unlike);
CREATE FUNCTION public.cardinality(integer[]) RETURNS integer ${trap('0')}
`

/** Set while an index is computed: by the restore, and again when the database is analysed. */
const planted = `CREATE FUNCTION evil.plant() RETURNS integer language plpgsql as $f$ begin
  execute pg_catalog.format('alter database %I set search_path = evil, pg_catalog, public', pg_catalog.current_database());
  return 1; exception when insufficient_privilege then return 1; end $f$;
CREATE FUNCTION evil.computed(a integer) RETURNS integer immutable language plpgsql as $f$ begin
  perform evil.plant(); return a; end $f$;
CREATE TABLE public.planted (a integer);
INSERT INTO public.planted SELECT generate_series(1, 10);
CREATE INDEX ON public.planted (evil.computed(a));
`

/** A second way in, by a password of its own; what is left at work waits for the right to read everything. */
const wayIn = `CREATE EXTENSION IF NOT EXISTS dblink WITH SCHEMA public;
ALTER ROLE toolkit_restore PASSWORD 'x';
SELECT public.dblink_connect('live', 'host=db dbname=tracehub user=toolkit_restore password=x');
`

function hostile(name: string, sql: string): string {
  const file = join(backups(), name)
  const text = readFileSync(listed()[0]?.file ?? '', 'utf8')
  writeFileSync(
    file,
    text.replace(/^(?=-- PostgreSQL database dump complete)/m, () => sql),
  )
  return file
}

staging.before(async () => {
  await deployed('v1')
  assert.is((await backup('--no-uploads')).code, 0)
})

staging('functions that an index calls: no setting of theirs is there for a superuser', async () => {
  const file = hostile('planted.sql', shadows + planted)
  const { code, stderr } = await script('backup', ['-e', 'staging', '--verify', file])
  rmSync(file)
  assert.is(code, 0, stderr)
  assert.is(await owned(), '')
  assert.equal(await databases(), ['tracehub'])
})

staging('a password for the role that restores: it is not valid', async () => {
  await psql('create extension dblink')
  const file = hostile('password.sql', wayIn)
  const { code, stderr } = await script('backup', ['-e', 'staging', '--verify', file])
  rmSync(file)
  assert.is(code, 1, stderr)
  assert.match(stderr, 'password authentication failed')
  await psql('drop extension dblink')
})

staging('a statement that takes all memory: it is ended before the kernel ends it', async () => {
  const memory = (limit: string): Promise<string> =>
    docker('update', '--memory', limit, '--memory-swap', limit, 'tracehub-db-staging')
  // Where PostgreSQL has ended every session, it has another one.
  const checkpointer = (): Promise<string> =>
    psql("select pid from pg_stat_activity where backend_type = 'checkpointer'")
  const before = await checkpointer()
  const file = hostile(
    'memory.sql',
    `DO $$ begin for i in 1..150 loop
  perform pg_catalog.set_config('hoard.v' || i, pg_catalog.repeat('x', 4000000), false);
  perform pg_catalog.pg_sleep(0.05);
end loop; end $$;\n`,
  )
  await memory('500m')
  const { code, stderr } = await script('backup', ['-e', 'staging', '--verify', file])
  await memory('4g')
  rmSync(file)
  assert.is(code, 1, stderr)
  assert.match(stderr, "memory.sql takes more than half of the database's memory")
  assert.is(await checkpointer(), before, 'PostgreSQL has ended every session')
})

staging(
  'operators and functions that fit our questions better than those of PostgreSQL: none is asked',
  async () => {
    const file = hostile('shadows.sql', shadows)
    const { code, stderr } = await rollBack('-b', file)
    rmSync(file)
    assert.is(code, 0, stderr)
    assert.is((await databaseFacts((await site()).project, 10_000)).schema, 'a1b2c3d4')
    assert.is((await script('status', ['-e', 'staging', '--db'])).code, 0)
    assert.is((await backup('--verify', '--no-uploads')).code, 0)
    assert.is(await owned(), '')
  },
)

const roles = ['CURRENT_USER', 'SESSION_USER', 'TRACEHUB_ADMIN', 'pg_execute_server_program', '"pg_monitor"']

staging('functions that run with the rights of their owner: none gets one who may do more', async () => {
  const given = roles.map(
    (role, i) => `CREATE FUNCTION public.given_${i}() RETURNS integer security definer ${trap('1')}
ALTER FUNCTION public.given_${i}() OWNER TO ${role};\n`,
  )
  const file = hostile('given.sql', given.join(''))
  const { code, stderr } = await rollBack('-b', file)
  assert.is(code, 0, stderr)
  const owners =
    "select string_agg(distinct proowner::regrole::text, ' ') from pg_proc where proname ~ '^given_'"
  assert.is(await psql(owners), 'tracehub')
  await psql(`create role "${'x'.repeat(63)}" superuser`)
  const text = readFileSync(file, 'utf8').replace('OWNER TO CURRENT_USER', `OWNER TO ${'x'.repeat(64)}`)
  writeFileSync(file, text)
  const cut = await backup('--verify', file) // PostgreSQL cuts the name, and knows it then
  await psql(`drop role "${'x'.repeat(63)}"`)
  rmSync(file)
  assert.is(cut.code, 1, cut.stdout)
  assert.match(cut.stderr, 'wants what only a superuser may do')
})

staging.run()
