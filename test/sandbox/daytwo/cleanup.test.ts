import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { shortDigest } from '../../../lib/environment/releases.ts'
import { docker, dockerList, dockerMaybe } from '../docker.ts'
import {
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  lastEvents,
  liveVersion,
  onTerminal,
  script,
} from '../harness.ts'
import { alone } from '../lock.ts'
import { removeEnvironment, sandboxRoot } from '../root.ts'

const production = suite('cleanup: what nobody needs goes, and nothing else')
const repository = '127.0.0.1:5050/tracehub/tracehub-backend'
const day = 24 * 60 * 60_000
const cleanup = (...args: readonly string[]): Promise<Finished> =>
  script('cleanup', ['-e', 'production', ...args])
const inDirectory = (...names: readonly string[]): string => join(directoryOf('production'), ...names)

/** Writes a file that was last changed so many days ago. */
function aged(path: string, days: number, text = 'x\n'): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
  const at = (Date.now() - days * day) / 1000
  utimesSync(path, at, at)
}

/** An image with nothing in it but a file, by this name. */
async function image(name: string): Promise<void> {
  const directory = join(sandboxRoot, 'scratch-image')
  aged(join(directory, 'Dockerfile'), 0, `FROM scratch\nCOPY Dockerfile /${name.replaceAll(/\W/g, '-')}\n`)
  await docker('build', '--quiet', '--tag', name, directory)
}
const ours = {
  unneeded: `${repository}:left-behind`,
  running: `${repository}:somebody-runs-it`,
  staging: `${repository}:build-${'5'.repeat(32)}`,
  neighbours: `${repository}:build-${'6'.repeat(32)}`,
  foreign: 'another-project/tracehub-backend:1',
}
const images = async (): Promise<string[]> =>
  (await dockerList('images', '--format', '{{.Repository}}:{{.Tag}}')).sort()
const volumes = (): Promise<string[]> => dockerList('volume', 'ls', '--quiet')
const databases = (): Promise<string> => psql('select datname from pg_database order by 1')
const psql = (sql: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub_admin', '-d', 'tracehub', '-Atc', sql)
const stamp = (days: number): string =>
  new Date(Date.now() - days * day).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')

/** Named once: the day may end while the tests are at work. */
const replaced = { long: `tracehub_before_${stamp(20)}`, lately: `tracehub_before_${stamp(3)}` }
let volumesBefore: readonly string[] = []
production.before(async () => {
  await removeEnvironment('staging')
  await freshEnvironment('production')
  for (const tag of ['v1', 'v2']) {
    const { code, stderr } = await deploy('production', tag)
    assert.is(code, 0, stderr)
  }
})
production.after(async () => {
  await dockerMaybe('rm', '--force', 'day-two-stranger')
  await dockerMaybe('rm', '--force', 'day-two-neighbour')
  for (const name of Object.values(ours)) await dockerMaybe('rmi', name)
  await dockerMaybe('volume', 'rm', 'day-two-volume')
  await removeEnvironment('staging')
  rmSync(join(sandboxRoot, 'elsewhere'), { recursive: true, force: true })
})

production('what was made for it: things to remove, and their like that must stay', async () => {
  for (const name of Object.values(ours)) await image(name)
  await docker(
    'create',
    '--name',
    'day-two-stranger',
    '--label',
    'com.docker.compose.project=other',
    ours.running,
    'x',
  )
  // Somebody has deployed from another checkout, which these settings do not know.
  const label = (name: string, value: string): string[] => ['--label', `com.docker.compose.${name}=${value}`]
  const elsewhere = join(sandboxRoot, 'elsewhere')
  const labels = [...label('project', 'tracehub-demo'), ...label('service', 'backend-blue')]
  const where = label('project.working_dir', elsewhere)
  await docker('create', '--name', 'day-two-neighbour', ...labels, ...where, ours.running, 'x')
  await docker('volume', 'create', 'day-two-volume')
  volumesBefore = await volumes()
  const staging = join(sandboxRoot, 'staging')
  const images = { backend: ours.staging, frontend: ours.staging }
  const release = {
    release: 1,
    previous: null,
    kind: 'deploy',
    at: 1,
    run: 'r',
    who: 'a',
    tag: 't',
    images,
    colour: 'blue',
  }
  aged(join(staging, 'releases.jsonl'), 0, `${JSON.stringify(release)}\n`)
  const theirs = { ...release, images: { backend: ours.neighbours, frontend: ours.neighbours } }
  aged(join(elsewhere, 'releases.jsonl'), 0, `${JSON.stringify(theirs)}\n`)
  aged(join(staging, 'logs', 'old.log'), 90)
  aged(inDirectory('logs', 'app.log'), 31)
  aged(inDirectory('logs', 'nginx', 'a b\n$(touch pwned);.log'), 31)
  aged(inDirectory('logs', 'fresh.log'), 29)
  aged(inDirectory('logs', 'incidents', '20250101.md'), 300)
  aged(join(sandboxRoot, 'outside', 'precious.log'), 300)
  symlinkSync(join(sandboxRoot, 'outside'), inDirectory('logs', 'outside'))
  symlinkSync(join(sandboxRoot, 'outside', 'precious.log'), inDirectory('logs', 'linked.log'))
  for (let i = 1; i <= 14; i += 1)
    aged(inDirectory('backups', `backup_${stamp(10 + i)}.sql`), 10 + i, '-- a dump\n'.repeat(1000))
  aged(inDirectory('backups', 'emergency_backup.sql'), 300)
  aged(inDirectory('backups', `backup_${stamp(1)}.sql.partial`), 1)
  for (const name of [...Object.values(replaced), 'tracehub_scratch_x', 'other_scratch_x'])
    await psql(`create database "${name}"`)
})

production('--dry-run says what would go and why, and changes nothing', async () => {
  const before = [
    await images(),
    await databases(),
    readdirSync(inDirectory('backups')),
    readdirSync(inDirectory('logs')),
  ]
  const { code, stdout, stderr } = await cleanup('--dry-run')
  assert.is(code, 0, stderr)
  assert.match(
    stdout,
    /1 leftover, .+\n +backups\/backup_\d+_\d+\.sql\.partial +2 B +half a file of a run that was killed/,
  )
  assert.match(stdout, /2 logs, .+\n +logs\/app\.log +2 B +not written to for 31 days/)
  assert.match(stdout, /4 backups, up to .+\n +backups\/backup_.+ days old, and newer ones are kept/)
  assert.match(stdout, /10 backups to compress, up to /)
  assert.match(
    stdout,
    /2 databases, .+\n +tracehub_before_\d+_\d+ .+ replaced by a rollback 20 days ago\n +tracehub_scratch_x /,
  )
  assert.match(
    stdout,
    /1 image, .+\n +127\.0\.0\.1:5050\/tracehub\/tracehub-backend:left-behind .+ no container and no kept release needs it/,
  )
  assert.match(stdout, /^ {2}(disk|files), free +[\d.]+ GiB/m)
  assert.match(stdout, /^ {2}docker images +/m)
  const after = [
    await images(),
    await databases(),
    readdirSync(inDirectory('backups')),
    readdirSync(inDirectory('logs')),
  ]
  assert.equal(after, before)
})

production('on a terminal, production asks first', async () => {
  const { code, stdout } = await onTerminal('npx tsx scripts/cleanup.ts -e production', '[y/N]', 'n\r')
  assert.is(code, 1, stdout)
  assert.match(stdout, 'Remove them from production? [y/N]')
  assert.ok((await images()).includes(ours.unneeded))
})

production('it removes exactly that, and says what it freed', async () => {
  const backupOfRelease = readdirSync(inDirectory('backups')).find(name => name.endsWith('.json'))
  const { code, stdout, stderr } = await cleanup()
  assert.is(code, 0, stdout + stderr)
  assert.match(
    stdout,
    /✓ Remove it +\d+ files, 1 image, 2 databases, 10 backups compressed, [\d.]+ KiB freed/,
  )
  const there = await images()
  assert.not(there.includes(ours.unneeded))
  for (const name of [ours.running, ours.staging, ours.neighbours, ours.foreign])
    assert.ok(there.includes(name), name)
  assert.equal(await volumes(), volumesBefore)
  const left = await databases()
  for (const name of ['other_scratch_x', replaced.lately, 'tracehub\n']) assert.match(left, name)
  for (const name of ['tracehub_scratch_x', replaced.long]) assert.not.match(left, name)
  assert.equal(readdirSync(inDirectory('logs')).sort(), [
    'fresh.log',
    'incidents',
    'linked.log',
    'nginx',
    'outside',
    'runs',
  ])
  assert.equal(readdirSync(inDirectory('logs', 'nginx')), [])
  assert.ok(existsSync(join(sandboxRoot, 'outside', 'precious.log')))
  assert.ok(existsSync(join(sandboxRoot, 'staging', 'logs', 'old.log')))
  assert.ok(existsSync(inDirectory('logs', 'incidents', '20250101.md')))
  const backups = readdirSync(inDirectory('backups'))
  assert.ok(backups.includes('emergency_backup.sql'), backups.join())
  assert.ok(backups.includes(`${backupOfRelease}`))
  // Ten, and the one that was made before the second deploy.
  assert.is(backups.filter(name => /^backup_\d+_\d+\.sql/.test(name)).length, 11)
  assert.is(await liveVersion('production'), 'v2')
})

production('run again, there is nothing to do', async () => {
  const { code, stdout } = await cleanup()
  assert.is(code, 0)
  assert.match(stdout, /✓ Look for what nobody needs +nothing to clean up/)
})

production('a compressed dump is the dump', async () => {
  const name = readdirSync(inDirectory('backups')).find(file => /^backup_.+\.sql\.(zst|gz)$/.test(file)) ?? ''
  const unpack = name.endsWith('zst') ? 'zstd' : 'gzip'
  assert.is(
    await docker('exec', 'tracehub-db-prod', unpack, '-dc', `/backups/${name}`),
    '-- a dump\n'.repeat(1000).trim(),
  )
})

production('the colour that users left goes when its window is over, and its images stay', async () => {
  const rows = await cleanup('--older-than', '1s')
  assert.is(rows.code, 0, rows.stderr)
  assert.match(rows.stdout, /2 containers, .+\n +tracehub-\w+-blue-prod +0 B +users left it \d+ (s|min) ago/)
  assert.match(rows.stdout, /✓ Remove it .*2 containers/)
  const releases = readFileSync(inDirectory('releases.jsonl'), 'utf8')
  const first = shortDigest(JSON.parse(releases.split('\n')[0] ?? '').images.backend)
  assert.match(await docker('images', '--digests', '--format', '{{.Digest}}'), first)
  assert.is((await script('rollback', ['-e', 'production', '--list'])).code, 0)
})

production(
  "--build-cache: what was not used for that long, and said before that it is everybody's",
  async () => {
    const cached = (): Promise<string> => docker('system', 'df', '--format', '{{.Type}} {{.TotalCount}}')
    await buildWithCache()
    const young = await cleanup('--build-cache', '--older-than', '1h', '--dry-run')
    assert.not.match(young.stdout, /build cache, up to/)
    await new Promise(resolve => setTimeout(resolve, 1000))
    const { code, stdout, stderr } = await cleanup('--build-cache', '--older-than', '1s', '--dry-run')
    assert.is(code, 0, stderr)
    assert.match(
      stdout,
      /1 build cache, up to .+\n +build cache +\S+ \S+ +\d pieces? not used for 1 s, of all projects of this machine: Docker does not say whose/,
    )
    assert.match(await cached(), /^Build Cache [1-9]/m)
    const done = await cleanup('--build-cache', '--older-than', '1s')
    assert.match(done.stdout, /✓ Prune the build cache +[\d.]+ MiB freed/)
    assert.match(await cached(), /^Build Cache 0/m)
  },
)

/** With BuildKit, which keeps a cache, through the engine's interface: Debian's client lacks the plugin for it. */
async function buildWithCache(): Promise<void> {
  const directory = join(sandboxRoot, 'scratch-image')
  aged(join(directory, 'Dockerfile'), 0, 'FROM scratch\nCOPY blob /blob\n')
  writeFileSync(join(directory, 'blob'), randomBytes(3 << 20))
  await run(['tar', '--create', '--file', 'context.tar', 'Dockerfile', 'blob'], { cwd: directory })
  const id = `${process.pid}`
  const [said] = await Promise.all([
    engine(`/build?version=2&remote=upload-request&buildid=${id}`),
    engine(`/build?version=2&buildid=upload-request:${id}`, readFileSync(join(directory, 'context.tar'))),
  ])
  const image = /"ID":"(sha256:\w+)"/.exec(said)?.[1] ?? assert.unreachable(said)
  await docker('rmi', `${image}`) // an image holds its pieces
}

/** One request to the Docker Engine. */
function engine(path: string, body = Buffer.alloc(0)): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-tar' }
    const options = { socketPath: '/var/run/docker.sock', method: 'POST', path, headers }
    const asking = request(options, answer => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      answer.on('end', () => resolve(text))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

production('the end of a deploy cleans images and old logs, and leaves backups alone', async () => {
  await image(ours.unneeded)
  aged(inDirectory('logs', 'again.log'), 31)
  aged(inDirectory('backups', 'backup_20200101_000000.sql'), 2000)
  const { code, stdout } = await deploy('production', 'v3')
  assert.is(code, 0, stdout)
  assert.match(stdout, /✓ Clean up old images +1 file, 1 image/)
  assert.not((await images()).includes(ours.unneeded))
  assert.ok(existsSync(inDirectory('backups', 'backup_20200101_000000.sql')))
})

production('what the engine knows is left alone while it is down; files still go', async () => {
  aged(inDirectory('logs', 'again.log'), 31)
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  const { code, stdout } = await script('cleanup', ['-e', 'production'], env)
  assert.is(code, 0, stdout)
  assert.match(stdout, /! containers and images are left as they are/)
  assert.match(stdout, /! databases are left as they are/)
  assert.not(existsSync(inDirectory('logs', 'again.log')))
})

production('one run at a time; hostile words are refused before anything is looked at', async () => {
  for (const args of [
    ['--keep', '0'],
    ['--keep', '$(id)'],
    ['--older-than', '-1d'],
    ['--older-than=30 days'],
    ['x'],
  ])
    assert.is((await cleanup(...args)).code, 2, args.join(' '))
  await alone(
    inDirectory('.lock'),
    () => {},
    async () => assert.is((await cleanup()).code, 3),
  )
  assert.ok(lastEvents('production').some(({ type }) => type === 'run-finished'))
})

production.run()
