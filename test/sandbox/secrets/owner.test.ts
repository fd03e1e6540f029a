import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problemOf } from '../../../lib/base/failure.ts'
import { settleOwner } from '../../../lib/database/owner.ts'
import { Project } from '../../../lib/docker/project.ts'
import { asBefore } from '../as-before.ts'
import { backup, backups, content, deployed, environment, rollBack, site } from '../backup/place.ts'
import { docker } from '../docker.ts'
import { deploy, liveVersion, mapOnDisk } from '../harness.ts'

const owner = suite("the database's owner is no superuser")
const container = 'tracehub-db-staging'

/** What the application gets when it asks, as whom it logs in. */
const asked = (statement: string): Promise<string> =>
  docker(
    ...['exec', `tracehub-backend-${mapOnDisk('staging').split(' ')[1]}-staging`, 'python3', '-c'],
    `import os, psycopg2; c = psycopg2.connect(os.environ["DATABASE_URL"]); c.autocommit = True; c = c.cursor(); c.execute(${JSON.stringify(statement)}); print(c.fetchone()[0])`,
  )

/** As a role that is there before and after. */
const psql = (sql: string, user = 'tracehub', database = 'tracehub'): Promise<string> =>
  docker('exec', container, 'psql', '-U', user, '-d', database, '-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', sql)
const isSuperuser = (): Promise<string> => psql("select rolsuper from pg_roles where rolname = 'tracehub'")

/** What the superuser still has: what nobody else may have, and what belongs to an extension. */
const superusers = (): Promise<string> =>
  psql(`select string_agg(distinct it.type, ', ' order by it.type) from (
      select 'pg_class'::regclass, oid from pg_class where relowner = 10 and relkind <> 't'
      union all select 'pg_proc'::regclass, oid from pg_proc where proowner = 10
      union all select 'pg_type'::regclass, oid from pg_type where typowner = 10
      union all select 'pg_namespace'::regclass, oid from pg_namespace where nspowner = 10 and nspname !~ '^pg_toast|^pg_temp'
      union all select 'pg_event_trigger'::regclass, oid from pg_event_trigger where evtowner = 10
      union all select 'pg_publication'::regclass, oid from pg_publication where pubowner = 10
      union all select 'pg_largeobject'::regclass, oid from pg_largeobject_metadata where lomowner = 10
      union all select 'pg_operator'::regclass, oid from pg_operator where oprowner = 10
      union all select 'pg_collation'::regclass, oid from pg_collation where collowner = 10
      union all select 'pg_statistic_ext'::regclass, oid from pg_statistic_ext where stxowner = 10
    ) o(catalog, oid), pg_identify_object(catalog, o.oid, 0) it where o.oid >= 16384
    and not exists (select from pg_depend d where (d.classid, d.objid) = (catalog, o.oid) and d.deptype in ('e', 'i'))`)

const pause = () => new Promise(resolve => setTimeout(resolve, 100))
/** Its container was started anew: it answers in a moment, or the test's own time is over. */
async function serves(version: string): Promise<void> {
  while ((await liveVersion('staging').catch(() => '')) !== version) await pause()
}

owner.before(async () => {
  await deployed('v1')
})

owner('of a new environment: it owns what migrations make, and may do nothing on the machine', async () => {
  assert.is(await isSuperuser(), 'f')
  assert.is(await asked("select concat_ws(' ', session_user, current_user)"), 'tracehub_app_1 tracehub')
  for (const statement of [
    "copy (select 1) to program 'id'",
    "select pg_read_file('/etc/passwd')",
    "alter system set archive_command = 'id'",
    'set role tracehub_admin',
    'create role another superuser',
  ])
    assert.match(
      await asked(statement).catch((error: unknown) => problemOf(error).detail ?? ''),
      /permission denied|must be superuser|no privilege|Only roles/,
      statement,
    )
  assert.is(await superusers(), '')
})

owner('an environment of before: all that is in it becomes the owner’s, to the last comment', async () => {
  await asBefore('staging')
  const sql = readFileSync(join(import.meta.dirname, '..', 'backup', 'awkward.sql'), 'utf8')
  writeFileSync(join(backups(), 'awkward.txt'), sql)
  const words = ['-d', 'tracehub', '-Xqo', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-f', '/backups/awkward.txt']
  await docker('exec', container, 'psql', '-U', 'tracehub', ...words)
  await psql('create database tracehub_before_20260101_000000 template tracehub')
  await serves('v1')
  assert.is(await isSuperuser(), 't')
  const before = await content()

  const planned = await deploy('staging', 'v2', '--dry-run')
  assert.match(
    planned.stdout,
    /role +tracehub owns the database and is no superuser: that is tracehub_admin/,
    planned.stderr,
  )
  assert.is(await isSuperuser(), 't')

  const failed = await deploy('staging', 'crash-loop')
  assert.is(failed.code, 4, failed.stdout + failed.stderr)
  assert.is(await isSuperuser(), 't', 'a run that failed has left it what it was')
  assert.is(await liveVersion('staging'), 'v1')
  assert.equal(await content(), before)

  const moved = await deploy('staging', 'v1', '--force')
  assert.is(moved.code, 0, moved.stdout + moved.stderr)
  assert.match(moved.stdout, 'tracehub owns the database and is no superuser: that is tracehub_admin')
  assert.is(await isSuperuser(), 'f')
  assert.is(await superusers(), 'event trigger, function, publication')
  // What another role has and does not show to the owner is not counted, since a superuser counts nothing.
  const { 'public.theirs_a_seq': hidden, ...sequences } = before.content?.sequences ?? {}
  const shown = { ...before, content: before.content && { ...before.content, sequences } }
  assert.equal(hidden, ['0', '0'])
  assert.equal(await content(), shown, 'names of owners, grants, policies and all')
  const left = 'select count(*) from pg_class where relowner = 10 and oid >= 16384'
  const kept = await psql(left, 'tracehub', 'tracehub_before_20260101_000000')
  assert.is(kept, await psql(left), 'a database that a rollback kept')
  assert.is(await asked('select count(*) from theirs'), '0', 'what another role has is still open to it')
})

owner('a backup of it is verified, and comes back with its owners', async () => {
  const before = await content()
  const verified = await backup('--verify')
  assert.is(verified.code, 0, verified.stdout + verified.stderr)
  assert.match(verified.stdout, /verified +yes: every row is equal/)
  const back = await rollBack()
  assert.is(back.code, 0, back.stdout + back.stderr)
  assert.equal(await content(), before)
  assert.is(await isSuperuser(), 'f')
  assert.match(await asked('select count(*) from shipments'), /^\d+$/)
})

owner('a run that was killed while it handed things over: the next one goes on', async () => {
  await asBefore('staging')
  await serves('v1')
  await psql('create role tracehub_renames superuser login')
  const { project } = await site()
  await settleOwner(project)
  await psql('alter role tracehub superuser', 'tracehub_admin')
  await psql('create table half (a int)', 'tracehub_admin')
  const { code, stdout, stderr } = await deploy('staging', 'v1', '--force')
  assert.is(code, 0, stdout + stderr)
  assert.is(await isSuperuser(), 'f')
  assert.is(await superusers(), 'event trigger, function, publication')
  assert.is(await psql("select count(*) from pg_roles where rolname = 'tracehub_renames'"), '0')
})

owner('a lock that somebody holds is waited for; the setting gives the rights back', async () => {
  const { project } = await site()
  await psql('create table locked (a int)', 'tracehub_admin')
  const holding = psql('begin; lock table locked; select pg_sleep(5); commit', 'tracehub_admin')
  while ((await psql("select count(*) from pg_locks where relation = 'locked'::regclass")) === '0')
    await pause()
  assert.is(await settleOwner(project), undefined)
  await holding
  assert.is(await psql("select tableowner from pg_tables where tablename = 'locked'"), 'tracehub')

  const wanted = { ...environment, database: { ...environment.database, superuser: true } }
  const settled = await settleOwner(new Project(wanted, { command: ['docker', 'compose'], version: '2' }))
  assert.is(await isSuperuser(), 't')
  await settled?.undo()
  assert.is(await isSuperuser(), 'f')
})

owner.run()
