import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences, type Found } from '../../../lib/backup/content.ts'
import { examine } from '../../../lib/backup/inspect.ts'
import { restoreAside } from '../../../lib/backup/restore.ts'
import { attempt } from '../../../lib/base/shell.ts'
import { failureOf } from '../../lib/fixtures.ts'
import { smallDatabaseDisk } from '../disk.ts'
import { docker } from '../docker.ts'
import { deploy, directoryOf, freshEnvironment, liveVersion } from '../harness.ts'
import {
  backup,
  backups,
  content,
  databases,
  environment,
  leftovers,
  listed,
  psql,
  rollBack,
  silent,
  site,
} from './place.ts'

/**
 * PostgreSQL itself stops when its log cannot grow, and does not start again on a full disk: a restore beside the live
 * database must be ended before it comes to that.
 */

const staging = suite('the disk of the database is too small for a restore')
let before: Found
let state: string
const MiB = 1024 * 1024

/** Since when the database's container runs, and what PostgreSQL says in it of having fallen over. */
const serverState = async (): Promise<string> => {
  const { stderr } = await attempt(['docker', 'logs', 'tracehub-db-staging'])
  const falls = stderr
    .split('\n')
    .filter(line => /PANIC|terminated by signal|not properly shut down/.test(line))
  const format = '{{.State.StartedAt}} {{.RestartCount}}'
  return [await docker('inspect', '--format', format, 'tracehub-db-staging'), ...falls].join('\n')
}

const untouched = async (): Promise<void> => {
  assert.is(await serverState(), state, 'the server that users are on fell over')
  assert.equal(differences(before, await content()), [], 'the live database was touched')
  assert.equal(await databases(), ['tracehub'])
  assert.equal(await leftovers(), [])
}

staging.before(async () => {
  await freshEnvironment('staging')
  await smallDatabaseDisk({ directory: directoryOf('staging'), project: environment.project }, 480)
  const { code, stderr } = await deploy('staging', 'v1')
  if (code !== 0) process.stderr.write(stderr) // the runner of tests says nothing of what fails before them
  assert.is(code, 0)
  assert.is((await backup('--no-uploads')).code, 0)
  before = await content()
  state = await serverState()
})
staging.after(async () => void (await freshEnvironment('staging')))

const filling = 'create table public.filler as select generate_series(1, 20000000) as g;\n'
/** Goes on when it is cancelled: a block of PL/pgSQL may catch that by its name. */
const stubborn = `create table public.filler (g integer);
do $$ begin for i in 1..10000 loop
  begin insert into public.filler select generate_series(1, 200000); exception when query_canceled then null; end;
end loop; end $$;
`

/** A dump that is small and restores to some hundred MiB. */
function growing(filler = filling): string {
  const file = join(backups(), 'growing.sql')
  const text = readFileSync(listed()[0]?.file ?? '', 'utf8')
  writeFileSync(
    file,
    text.replace(/^(?=-- PostgreSQL database dump complete)/m, () => filler),
  )
  return file
}

staging("what can be seen before is said before: PostgreSQL's log needs room, too", async () => {
  const place = await site()
  const examined = await examine(place, listed()[0]?.file ?? '', silent)
  const disk = await docker('exec', 'tracehub-db-staging', 'sh', '-c', 'df --output=avail -B1 "$PGDATA"')
  const free = Number(disk.split('\n').at(-1))
  const manifest = examined.manifest && { ...examined.manifest, databaseBytes: free - 272 * MiB }
  const { what } = await failureOf(() =>
    restoreAside(place, { ...examined, manifest }, 'tracehub_scratch_test', silent),
  )
  assert.match(what, /^the database's disk has .* free; about .* are needed/)
  await untouched()
})

staging('it fills while it is restored: ended before PostgreSQL falls over, and said so', async () => {
  const { code, stdout, stderr } = await rollBack('-b', growing())
  assert.is(code, 4, stdout + stderr)
  assert.match(stderr, 'growing.sql has no room beside the live database: its restore was ended')
  assert.match(stderr, '→ make room: docker system df and df -h show what takes the space')
  assert.match(stdout, 'tracehub was not touched: it is as it was')
  assert.is(await liveVersion('staging'), 'v1')
  await untouched()
})

staging(
  'it fills it on purpose, and slowly enough for a session that idles to be ended: the same',
  async () => {
    await psql("alter role tracehub set idle_session_timeout = '1s'", 'postgres')
    const { code, stderr } = await rollBack(
      '-b',
      growing(`select pg_catalog.pg_sleep(3);\n${stubborn}`),
      '--online',
    )
    assert.is(code, 1, stderr)
    assert.match(stderr, 'growing.sql has no room beside the live database')
    await untouched()
    await psql('alter role tracehub reset idle_session_timeout', 'postgres')
  },
)

staging('compressed, with users on the live database: the same', async () => {
  const file = growing()
  await docker('exec', 'tracehub-db-staging', 'zstd', '-q', '--rm', '/backups/growing.sql')
  const { code, stderr } = await rollBack('-b', `${file}.zst`, '--online')
  assert.is(code, 1, stderr)
  assert.match(stderr, 'growing.sql.zst has no room beside the live database')
  rmSync(`${file}.zst`)
  await untouched()
})

staging.run()
