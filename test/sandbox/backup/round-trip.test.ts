import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences } from '../../../lib/backup/content.ts'
import { run } from '../../../lib/base/shell.ts'
import { sql } from '../../../lib/database/database.ts'
import { handOver } from '../../../lib/database/ownership.ts'
import { docker } from '../docker.ts'
import { directoryOf } from '../harness.ts'
import {
  backup,
  backups,
  content,
  databases,
  deployed,
  leftovers,
  listed,
  psql,
  rollBack,
  site,
} from './place.ts'

const staging = suite('a backup of everything awkward: what comes back is what went in')
/** The database as pg_dump writes it, but for the tokens, which are random. */
const dump = async (): Promise<string> =>
  (await docker('exec', 'tracehub-db-staging', 'pg_dump', '-U', 'tracehub_admin', 'tracehub'))
    .replace(/^\\(un)?restrict .*$/gm, '')
    .replace(/\btracehub_admin\b/g, 'tracehub') // what a person made as the superuser is the owner's after a restore
    // PostgreSQL words a check with IN on a varchar in another way once it has read its own words.
    .replace(/ANY \(\(ARRAY\[(.*)\]\)::text\[\]\)/g, (_, list: string) => {
      const each = list.split(', ').map(item => `(${item})::text`)
      return `ANY (ARRAY[${each.join(', ')}])`
    })

staging.before(async () => {
  await deployed('v1')
  writeFileSync(
    join(backups(), 'awkward.txt'),
    readFileSync(join(import.meta.dirname, 'awkward.sql'), 'utf8'),
  )
  await docker(
    ...['exec', 'tracehub-db-staging', 'psql', '-U', 'tracehub_admin', '-d', 'tracehub', '-Xqo', '/dev/null'],
    ...['-v', 'ON_ERROR_STOP=1', '-f', '/backups/awkward.txt'],
  )
  await sql((await site()).project, handOver('tracehub')) // what is the superuser's is not compared
})

staging('is verified: every row, sequence and object is equal', async () => {
  writeFileSync(join(directoryOf('staging'), 'uploads', 'bill ü "of" lading.pdf'), 'x'.repeat(1000))
  const { code, stdout, stderr } = await backup('--verify')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /verified +yes: every row is equal/)
  const [{ name, file, manifest } = { name: '', file: '', manifest: undefined }] = listed()
  assert.match(name, /^backup_\d{8}_\d{6}\.sql$/)
  assert.is(await run(['sha256sum', file]), `${manifest?.sha256}  ${file}`)
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(manifest?.verifiedBy, 'content')
  assert.is(manifest?.schema, 'a1b2c3d4')
  assert.is(manifest?.release, 1)
  assert.is(manifest?.reason, 'manual')
  assert.is(manifest?.rows['public.awkward'], 500)
  assert.is(manifest?.uploads?.files, 1)
  assert.match(manifest?.postgres ?? '', /^17\./)
  assert.equal(await leftovers(), [])
})

staging("is verified also where another C library than the image's has made the server's data", async () => {
  await psql("update pg_database set datcollversion = '1.0' where datname = 'template0'")
  const { code, stdout, stderr } = await backup('--verify', '--no-uploads')
  assert.is(code, 0, stdout + stderr)
})

staging(
  'a table that the owner may not read is in the backup, and it is said that it is not compared',
  async () => {
    await psql('create table public.by_hand (id int); insert into public.by_hand values (1)')
    const { code, stdout, stderr } = await backup('--verify', '--no-uploads')
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /1 table of other roles: backed up, and not compared, .*\n.*public\.by_hand/)
    assert.match(readFileSync(listed()[0]?.file ?? '', 'utf8'), /^COPY public\.by_hand /m)
    await psql('drop table public.by_hand')
    const { name = '' } = listed()[0] ?? {}
    for (const file of readdirSync(backups()).filter(each => each.startsWith(name.replace(/\.sql$/, ''))))
      rmSync(join(backups(), file))
  },
)

staging('a dump that lacks its end is no backup, though pg_dump saw nothing wrong', async () => {
  const before = listed().map(({ name }) => name)
  const inside = (script: string): Promise<string> =>
    docker('exec', 'tracehub-db-staging', 'bash', '-c', `p=$(command -v pg_dump); ${script}`)
  const cutting = String.raw`#!/bin/sh\n"$0.whole" "$@"; code=$?\nfor last; do :; done\n[ ! -f "$last" ] || truncate -s -64 "$last"\nexit $code\n`
  await inside(`mv "$p" "$p.whole"; printf '${cutting}' >"$p"; chmod +x "$p"`)
  const { code, stderr } = await backup('--no-uploads')
  await inside('mv "$p.whole" "$p"')
  assert.is(code, 1, stderr)
  assert.match(stderr, 'the backup is not complete')
  assert.equal([listed().map(({ name }) => name), await leftovers()], [before, []])
})

staging('a human can restore it with psql', async () => {
  await psql('create database by_hand template template0 owner tracehub', 'postgres')
  const [newest] = listed()
  await docker(
    ...['exec', 'tracehub-db-staging', 'psql', '-U', 'tracehub_admin', '-d', 'by_hand', '-Xqo', '/dev/null'],
    ...['-v', 'ON_ERROR_STOP=1', '-f', `/backups/${newest?.name}`],
  )
  assert.equal(differences(await content(), await content('by_hand')), [])
  await psql('drop database by_hand', 'postgres')
})

staging('a difference of one value, one row that is there twice, one sequence is seen', async () => {
  const then = await content()
  const spoil = async (sql: string, back: string): Promise<string[]> => {
    await psql(sql)
    const found = differences(then, await content())
    await psql(back)
    return found
  }
  assert.equal(
    await spoil('update parent set a = 2 where a = 1', 'update only parent set a = 1 where a = 2'),
    ['public.parent has as many rows, but not the same'],
  )
  assert.equal(
    await spoil(
      'insert into no_columns default values',
      'delete from no_columns where ctid = (select max(ctid) from no_columns)',
    ),
    ['public.no_columns has 3 rows instead of 2'],
  )
  assert.equal(await spoil("select setval('never_called', 50)", "select setval('never_called', 42, false)"), [
    'sequence public.never_called stands at 50 instead of 41',
  ])
  assert.match(
    (
      await spoil('alter table parent alter a set not null', 'alter table parent alter a drop not null')
    ).join(),
    'columns: ',
  )
  assert.match(
    (await spoil('revoke select on awkward from reader', 'grant select on awkward to reader')).join(),
    'relations: ',
  )
  assert.equal(differences(then, await content()), [])
})

staging('a rollback brings all of it back, and keeps the database that it replaced', async () => {
  const before = { content: await content(), text: await dump() }
  const settings =
    "select datdba::regrole, (select array_agg(item::text order by item::text) from unnest(datacl) item), datconnlimit, shobj_description(d.oid, 'pg_database'), setconfig from pg_database d left join pg_db_role_setting on setdatabase = d.oid where datname = 'tracehub'"
  await psql(
    'alter database tracehub set search_path = public, "odd ""schema"; alter database tracehub connection limit 90; comment on database tracehub is \'it\'\'s live\'; grant connect, temporary on database tracehub to reader',
  )
  const about = await psql(settings)
  await psql(
    "drop table awkward cascade; update parts set note = 'gone'; select lo_unlink(oid) from pg_largeobject_metadata",
  )
  const { code, stdout, stderr } = await rollBack()
  assert.is(code, 0, stdout + stderr)
  assert.equal(differences(before.content, await content()), [])
  assert.is(await dump(), before.text)
  assert.is(await psql(settings), about, 'owner, grants, limit, comment and settings are not in a dump')
  const kept = /kept as (tracehub_before_\d{8}_\d{6})/.exec(stdout)?.[1] ?? ''
  assert.equal(await databases(), ['tracehub', kept])
  assert.is(await psql("select to_regclass('awkward') is null", kept), 't')
  assert.match(stdout, /public\.awkward +500 +none/)
  const analysed = "select count(*) from pg_stats where schemaname = 'public' and tablename = 'awkward'"
  assert.not.equal(await psql(analysed), '0', 'the first queries are planned with knowledge of the rows')
})

staging('--compress, gzip whatever its name, and the custom format can be restored', async () => {
  const before = await content()
  const { code, stdout, stderr } = await backup('--compress', '--no-uploads')
  assert.is(code, 0, stderr)
  assert.match(stdout, /backup_\d{8}_\d{6}\.sql\.zst, /)
  const [zst] = listed()
  const inContainer = (script: string): Promise<string> =>
    docker('exec', 'tracehub-db-staging', 'bash', '-ec', script)
  await inContainer(
    `cd /backups; zstd -dcq ${zst?.name} | gzip > by-hand.sql.gz; pg_dump -U tracehub_admin -Fc -f by-hand.dump tracehub; mv by-hand.sql.gz really-gzip.sql; pg_dump -U tracehub_admin --rows-per-insert 5 -f inserts.sql tracehub`,
  )
  for (const name of [zst?.name ?? '', 'really-gzip.sql', 'inserts.sql']) {
    const verified = await backup('--verify', name)
    assert.is(verified.code, 0, verified.stdout + verified.stderr)
    const manifest = listed().find(one => one.name === name)?.manifest
    assert.is(manifest?.rows['public.awkward'], 500, name)
    assert.is(manifest?.schema, 'a1b2c3d4', name)
  }
  await psql('drop table awkward cascade')
  const restored = await rollBack('-b', 'by-hand.dump')
  assert.is(restored.code, 0, restored.stdout + restored.stderr)
  assert.equal(differences(before, await content()), [])
})

staging('--list shows age, size, revision, release and proof', async () => {
  const { code, stdout } = await backup('--list')
  assert.is(code, 0)
  assert.match(stdout, /^backup +age +size +schema +release +uploads +why +proof$/m)
  assert.match(
    stdout,
    /^backup_\d{8}_\d{6}\.sql +.* ago +.*iB +a1b2c3d4 +1 v1 +1 +manual +verified by content$/m,
  )
})

/**
 * Made by PostgreSQL 15.20 of Debian 12, with v1's schema and awkward.sql (fewer rows); its manifest has the hashes of
 * what that server held.
 */
staging('a dump of PostgreSQL 15: restored on 17, and every row, sequence and object is equal', async () => {
  for (const name of ['postgresql-15.sql', 'postgresql-15.json'])
    copyFileSync(join(import.meta.dirname, name), join(backups(), name))
  const { code, stdout, stderr } = await rollBack('-b', 'postgresql-15.sql')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /Verify the backup +postgresql-15\.sql, .*, as it was written/)
  assert.is(await psql('select count(*) from awkward'), '12')
})

staging(
  '1,500 tables in a database that is read only, for a role with limits: verified, and brought back',
  async () => {
    await psql('create schema tenants')
    await psql(`do $$ begin for i in 1..1500 loop
    execute format('create table tenants.t_%s (id serial primary key, note text)', i);
    if i % 100 = 0 then commit; end if;
  end loop; end $$`)
    const settings =
      "select d.datname, setrole::regrole, setconfig from pg_db_role_setting left join pg_database d on d.oid = setdatabase where datname is null or datname = 'tracehub' order by 1, 2"
    await psql(
      `alter database tracehub set default_transaction_read_only = on;
    alter role tracehub set default_transaction_read_only = on; alter role tracehub set statement_timeout = '900ms';
    alter role tracehub set lock_timeout = '10ms'; alter role tracehub set quote_all_identifiers = on; alter role tracehub set transaction_timeout = '900ms';
    alter role tracehub in database tracehub set idle_in_transaction_session_timeout = '900ms'`,
      'postgres',
    )
    const set = await psql(settings)
    const verified = await backup('--verify', '--no-uploads')
    assert.is(verified.code, 0, verified.stdout + verified.stderr)
    assert.match(verified.stdout, /verified +yes: every row is equal/)
    const restored = await rollBack()
    assert.is(restored.code, 0, restored.stdout + restored.stderr)
    assert.is(await psql(settings), set)
    assert.is(
      await psql(
        "select count(*) from pg_class where relnamespace = 'tenants'::regnamespace and relkind = 'r'",
      ),
      '1500',
    )
  },
)

staging.run()
