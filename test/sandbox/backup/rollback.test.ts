import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences, type Found } from '../../../lib/backup/content.ts'
import { docker } from '../docker.ts'
import { answerOf, deploy, directoryOf, liveVersion, revision, runningServices, url } from '../harness.ts'
import { startLoad } from '../load/load.ts'
import { backup, backups, content, deployed, leftovers, listed, psql, rollBack } from './place.ts'

const staging = suite('rollback -t database')
let before: Found
let first: string

const late = (): Promise<string> =>
  psql("update customers set name = name || ' (late)'; delete from shipments where id % 2 = 0")
const uploads = (): string => join(directoryOf('staging'), 'uploads')
const same = async (then: Found): Promise<void> => assert.equal(differences(then, await content()), [])
const salvaged = (): string[] => readdirSync(backups()).filter(name => name.startsWith('emergency_'))
const isServed = async (): Promise<void> => {
  assert.is((await answerOf(`${url('staging')}/health`))?.status, 200)
  assert.is((await runningServices('staging')).length, 4)
  assert.equal(await leftovers(), [])
}

staging.before(async () => {
  await deployed('v1')
  writeFileSync(join(uploads(), 'one.pdf'), 'one')
  writeFileSync(join(uploads(), 'two.pdf'), 'two')
  before = await content()
  const { code, stderr } = await backup('--verify')
  if (code !== 0) process.stderr.write(stderr)
  first = listed()[0]?.name ?? ''
})

staging('users get the 503 page meanwhile, and nothing that was accepted is lost', async () => {
  await late()
  const statuses = new Set<string>()
  let over = false
  const asking = (async () => {
    while (!over) {
      const answer = await answerOf(`${url('staging')}/api/shipments?limit=1`)
      statuses.add(`${answer?.status} ${answer?.headers['content-type']?.split(';')[0]}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()
  const { code, stdout, stderr } = await rollBack()
  over = true
  await asking
  assert.is(code, 0, stdout + stderr)
  assert.equal([...statuses].sort(), ['200 application/json', '503 text/html'])
  await same(before)
  await isServed()
})

staging('the way back is one command, as printed', async () => {
  await late()
  const then = await content()
  const { stdout } = await rollBack()
  await same(before)
  const command =
    /to undo it +npx tsx scripts\/rollback\.ts -e staging -t database (--back-to \S+)$/m.exec(stdout)?.[1] ??
    ''
  const back = await rollBack(...command.split(' '))
  assert.is(back.code, 0, back.stdout + back.stderr)
  await same(then)
  await isServed()
})

staging('--online: users stay, but for the moment of the swap', async () => {
  await late()
  const load = await startLoad({
    backend: url('staging'),
    frontend: url('staging', 'frontend'),
    rate: 40,
    kinds: ['keepalive', 'new'],
  })
  const { code, stdout, stderr } = await rollBack('--online')
  const report = await load.stop()
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /users were away +\d/)
  await same(before)
  // Whoever was refused was told so at once, and all others were served, also while it was restored.
  assert.ok(
    report.failures.every(failure => JSON.stringify(failure).includes('503')),
    JSON.stringify(report.failures),
  )
  await isServed()
})

staging('--with-uploads: the files of the same recovery point; those from now are kept', async () => {
  writeFileSync(join(uploads(), 'one.pdf'), 'changed')
  rmSync(join(uploads(), 'two.pdf'))
  const { code, stdout, stderr } = await rollBack('--with-uploads')
  assert.is(code, 0, stdout + stderr)
  const read = (directory: string): string[] =>
    readdirSync(directory)
      .sort()
      .map(name => `${name} ${readFileSync(join(directory, name))}`)
  assert.equal(read(uploads()), ['one.pdf one', 'two.pdf two'])
  const kept = /uploads before +(\S+)/.exec(stdout)?.[1] ?? ''
  assert.equal(read(kept), ['one.pdf changed'])
  // The way back, as printed, is one of both: and that one has a way back of both again.
  const undo = (said: string): string[] =>
    (/to undo it .* (--back-to \S+)$/m.exec(said)?.[1] ?? '').split(' ')
  const refused = await rollBack(...undo(stdout), '--online')
  assert.match(refused.stderr, 'a running backend holds those of now')
  const undone = await rollBack(...undo(stdout))
  assert.is(undone.code, 0, undone.stdout + undone.stderr)
  assert.equal(read(uploads()), ['one.pdf changed'])
  const again = await rollBack(...undo(undone.stdout))
  assert.is(again.code, 0, again.stdout + again.stderr)
  assert.equal(read(uploads()), ['one.pdf one', 'two.pdf two'])
  // What the app writes now does not reach into the backup.
  writeFileSync(join(uploads(), 'one.pdf'), 'written later')
  const copy = listed().find(({ name }) => name === first)?.manifest?.uploads?.directory ?? ''
  assert.is(readFileSync(join(backups(), copy, 'one.pdf'), 'utf8'), 'one')
  await isServed()
})

staging('a manifest from the future: said, and the one of now is taken', async () => {
  const future = 'backup_20990101_000000'
  const stem = first.replace(/\.sql$/, '')
  copyFileSync(join(backups(), first), join(backups(), `${future}.sql`))
  const text = readFileSync(join(backups(), `${stem}.json`), 'utf8')
  const dated = { ...JSON.parse(text), file: `${future}.sql`, at: Date.UTC(2099, 0, 1) }
  writeFileSync(join(backups(), `${future}.json`), JSON.stringify(dated))
  const { code, stdout, stderr } = await rollBack()
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, `${future}.sql says it is from 2099-01-01T00:00:00.000Z, which has not come`)
  assert.match(stdout, new RegExp(`database +${first}, from `))
  for (const ending of ['sql', 'json']) rmSync(join(backups(), `${future}.${ending}`))
})

staging('a backup with which the live version does not work: put back, and said so', async () => {
  await psql('alter table shipments rename to shipments_gone')
  assert.is((await backup('--no-uploads')).code, 0)
  const broken = listed()[0]?.name ?? ''
  await psql('alter table shipments_gone rename to shipments')
  const then = await content()
  const { code, stdout, stderr } = await rollBack('-b', broken)
  assert.is(code, 4, stdout + stderr)
  assert.match(stderr, /smoke tests of blue failed/)
  assert.match(stdout, /Put the replaced database back +tracehub is the database from before, untouched/)
  await same(then)
  await isServed()
  rmSync(join(backups(), broken))
})

staging(
  'the backend does not start: the database is put back, and a person is told what is wrong',
  async () => {
    const then = await content()
    let over = false
    const running = rollBack('-b', first).finally(() => {
      over = true
    })
    while (!over && (await runningServices('staging')).includes('backend-blue'))
      await new Promise(resolve => setTimeout(resolve, 20))
    // A container whose mount is not what it was cannot be started.
    renameSync(uploads(), `${uploads()}.away`)
    writeFileSync(uploads(), '')
    const { code, stdout, stderr } = await running
    rmSync(uploads())
    renameSync(`${uploads()}.away`, uploads())
    assert.is(code, 5, stdout + stderr)
    assert.match(stderr, /docker start [0-9a-f]{12} failed/)
    assert.match(stdout, /Put the replaced database back +tracehub is the database from before, untouched/)
    await same(then)
    assert.is((await deploy('staging', 'v1')).code, 0, 'the next run starts it')
    await isServed()
  },
)

staging(
  'a newer version needs another schema: said before anything is touched, with the choices',
  async () => {
    assert.is((await deploy('staging', 'v2')).code, 0)
    const then = await content()
    const { code, stderr } = await rollBack('-b', first)
    assert.is(code, 1)
    assert.match(stderr, /the backup's schema is at a1b2c3d4, which is not what v2 needs/)
    assert.match(stderr, /--with-deployment {2}also rolls the deployment back to release 1 \(v1\)/)
    assert.match(stderr, /--upgrade {2}runs the live version's migrations/)
    await same(then)
    await isServed()
  },
)

staging('--upgrade brings the restored database to the live version', async () => {
  const { code, stdout, stderr } = await rollBack('-b', first, '--upgrade')
  assert.is(code, 0, stdout + stderr)
  assert.is(await revision('staging'), 'd7e3f51b')
  assert.is(await psql('select count(*) from shipments'), '100')
  assert.is(await liveVersion('staging'), 'v2')
  await isServed()
})

staging('--with-deployment returns both to where they were', async () => {
  const { code, stdout, stderr } = await rollBack('-b', first, '--with-deployment')
  assert.is(code, 0, stdout + stderr)
  await same(before)
  assert.is(await liveVersion('staging'), 'v1')
  await isServed()
})

staging(
  'the live database is gone, and the backend and the proxy are down: it works all the same',
  async () => {
    await docker('stop', '--time', '1', 'tracehub-proxy-staging')
    const [service = ''] = (await runningServices('staging')).filter(name => name.startsWith('backend'))
    await docker('stop', '--time', '1', `tracehub-${service}-staging`)
    await psql('drop database tracehub', 'postgres')
    const { code, stdout, stderr } = await rollBack('-b', first, '--emergency-backup')
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /live now\n[\s\S]*cannot be read: .*database "tracehub" does not exist/)
    assert.equal(salvaged(), [])
    await same(before)
    await docker('start', 'tracehub-proxy-staging', `tracehub-${service}-staging`)
  },
)

staging('a damaged table: --emergency-backup saves the others, and the rollback goes on', async () => {
  await psql('checkpoint') // or the restart would write the good page over the damaged one
  const file = await psql("select pg_relation_filepath('customers')")
  await docker(
    'exec',
    'tracehub-db-staging',
    'bash',
    '-c',
    `dd if=/dev/urandom of="$PGDATA/${file}" bs=8192 count=1 conv=notrunc`,
  )
  await docker('restart', 'tracehub-db-staging')
  for (let tries = 0; tries < 200 && (await psql('select 1').catch(() => '')) !== '1'; tries += 1)
    await new Promise(resolve => setTimeout(resolve, 200))
  const { code, stdout, stderr } = await rollBack('-b', first, '--emergency-backup')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /no whole backup of the live database/)
  const [saved = ''] = salvaged()
  assert.match(
    readFileSync(join(backups(), saved, 'contents.txt'), 'utf8'),
    /saved: \d+\.copy (public\.)?shipments/,
  )
  assert.match(readFileSync(join(backups(), saved, 'contents.txt'), 'utf8'), /failed: (public\.)?customers/)
  assert.ok(existsSync(join(backups(), saved, 'schema.sql')))
  await same(before)
})

staging('no room for the database beside the live one: said before, nothing is touched', async () => {
  const manifest = join(backups(), `${first.replace(/\.sql$/, '')}.json`)
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, text.replace(/"databaseBytes": \d+/, '"databaseBytes": 9000000000000000'))
  const { code, stdout, stderr } = await rollBack('-b', first, '--online')
  writeFileSync(manifest, text)
  assert.is(code, 1, stdout + stderr)
  assert.match(stderr, /the database's disk has .* free; about 8\d+\.\d TiB are needed/)
  await same(before)
})

staging.run()
