import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { docker, dockerMaybe } from '../docker.ts'
import { deploy, directoryOf, freshEnvironment, liveVersion, revision, script } from '../harness.ts'
import { differences, machine } from '../machine.ts'
import { removeEnvironment } from '../root.ts'

/** The shape of a stack that a team runs before it moves in; `docker compose` calls it by its directory, `production`. */
const oldStack = `services:
  db:
    image: tracehub-sandbox/postgres
    container_name: tracehub-db-prod
    environment:
      POSTGRES_USER: tracehub
      POSTGRES_PASSWORD: \${DB_PASSWORD:?a database password is needed}
    volumes:
      - tracehub_postgres_data:/var/lib/postgresql/data
      - ./backups:/backups
  backend:
    image: tracehub-sandbox/python
    container_name: tracehub-backend-prod
    command: [sleep, infinity]
    volumes:
      - ./uploads:/app/uploads
      - ./logs:/app/logs
  frontend:
    image: tracehub-sandbox/nginx
    container_name: tracehub-frontend-prod
    ports: ["80:80"]
volumes:
  tracehub_postgres_data:
`
const volume = 'production_tracehub_postgres_data'
const files = {
  '.env': 'DB_PASSWORD=of-the-old-stack\nJWT_SECRET=of-the-old-stack\n',
  'docker-compose.prod.yml': oldStack,
}

const at = (name: string): string => join(directoryOf('production'), name)
const compose = (...words: readonly string[]): Promise<string> =>
  run(['docker', 'compose', '-f', 'docker-compose.prod.yml', ...words], { cwd: directoryOf('production') })
const now = (): Promise<string[]> => machine(directoryOf('production'))
const psql = (container: string, sql: string): Promise<string> =>
  docker('exec', container, 'psql', '-U', 'tracehub', '-Atqc', sql)
async function untilUp(container: string): Promise<void> {
  const ready = ['exec', container, 'pg_isready', '--host', '127.0.0.1', '--username', 'tracehub']
  for (let tries = 0; (await dockerMaybe(...ready)) === undefined; tries += 1) {
    assert.ok(tries < 240, `${container} does not answer`)
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

/** Runs a script that must stop at these things, and compares the whole machine before and after. */
async function stops(name: string, words: readonly string[], things: readonly RegExp[]): Promise<string> {
  const before = await now()
  const { code, stdout, stderr } = await script(name, ['-e', 'production', ...words])
  assert.is(code, 1, stdout + stderr)
  for (const thing of things) assert.match(stderr, thing)
  assert.match(stdout + stderr, /failed, nothing was changed/)
  assert.equal(differences(before, await now()), [])
  return stderr
}

const moving = suite('a team has a stack already: nothing of it is touched')

moving.before(async () => {
  await freshEnvironment('production')
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text)
  chmodSync(at('.env'), 0o640)
  await compose('up', '--detach')
  await untilUp('tracehub-db-prod')
  await psql(
    'tracehub-db-prod',
    'create table parcels as select id, md5(id::text) from generate_series(1, 400) id',
  )
})
moving.after(async () => {
  if (existsSync(at('docker-compose.prod.yml')))
    await compose('--project-name', 'production', 'down', '--volumes')
  await dockerMaybe('rm', '--force', 'old-rows')
  await dockerMaybe('volume', 'rm', volume)
  await removeEnvironment('production')
  await removeEnvironment('shared')
})

moving('the dry run, the deploy and all else stop, and name each thing', async () => {
  const all = [
    /file +\.env *\n/,
    /file +docker-compose\.prod\.yml/,
    /container +tracehub-db-prod +running, of the project production in /,
    /container +tracehub-backend-prod/,
    /container +tracehub-frontend-prod/,
    /volume +production_tracehub_postgres_data +PostgreSQL 17, of the project production/,
    /docs\/install\.md/,
  ]
  await stops('deploy', ['--tag', 'v1', '--dry-run'], all)
  await stops('deploy', ['--tag', 'v1'], all)
  await stops('repair', [], all)
  await stops('secrets', ['rotate', 'all'], all)
  assert.is(await psql('tracehub-db-prod', 'select count(*) from parcels'), '400')
})

moving('nobody goes on beside a container that has a name of ours', async () => {
  const said = await stops('deploy', ['--tag', 'v1', '--accept-found'], [/container +tracehub-db-prod/])
  assert.match(said, /have names that are needed here/)
  assert.not.match(said, /tracehub-frontend-prod/)
})

moving('its containers are gone: the volume stops a new, empty database', async () => {
  await compose('down')
  await stops(
    'deploy',
    ['--tag', 'v1'],
    [/file +\.env/, /volume +production_tracehub_postgres_data +PostgreSQL 17/],
  )
  mkdirSync(at('../old'), { recursive: true })
  for (const name of Object.keys(files)) renameSync(at(name), at(`../old/${name}`))
  const said = await stops('deploy', ['--tag', 'v1'], [/volume +production_tracehub_postgres_data/])
  assert.match(said, /--accept-found +goes on beside it, with a new, empty database/)
  assert.match(said, /1 thing that it did not make is there already/)
  for (const name of Object.keys(files)) renameSync(at(`../old/${name}`), at(name))
})

/** Files that have names of ours, and one that Compose would read with ours. */
const others = {
  'docker-compose.yml': 'services: {}\n',
  'docker-compose.override.yml': 'services: {}\n',
  '.env.backend': 'A=b\n',
}
const kept = (name: string): string[] =>
  readdirSync(directoryOf('production')).filter(entry => entry.startsWith(`${name}.kept-`))

moving('beside it, when that is asked for: a run that fails puts the files back', async () => {
  for (const [name, text] of Object.entries(others)) writeFileSync(at(name), text)
  const before = (await now()).filter(line => /\.env$|compose|\.env\.backend/.test(line))
  const { code, stdout, stderr } = await deploy('production', 'smoke-fails', '--accept-found')
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout, /not the toolkit's: volume production_tracehub_postgres_data PostgreSQL 17/)
  assert.match(stdout, /\.env in .* was not written by the toolkit: kept as \.env\.kept-\d{8}-\d{6}/)
  const after = await now()
  assert.equal(
    before.filter(line => !after.includes(line)),
    [],
  )
  assert.equal(Object.keys({ ...files, ...others }).flatMap(kept), [])
  assert.match(
    stdout + stderr,
    /left here, for the next run:[\s\S]*containers: .*tracehub-db-prod[\s\S]*volumes: /,
  )
})

moving('one that comes to its end keeps them, and the database of the old stack has its rows', async () => {
  const planned = await deploy('production', 'v1', '--accept-found', '--dry-run')
  assert.is(planned.code, 0, planned.stdout + planned.stderr)
  assert.match(planned.stdout, /not the toolkit's: volume production_tracehub_postgres_data PostgreSQL 17/)
  const { code, stdout, stderr } = await deploy('production', 'v1', '--accept-found')
  assert.is(code, 0, stdout + stderr)
  assert.is(await liveVersion('production'), 'v1')
  const { 'docker-compose.prod.yml': _, ...replaced } = files
  for (const [name, text] of Object.entries({ ...replaced, ...others })) {
    assert.is(kept(name).length, 1, name)
    assert.is(readFileSync(at(`${kept(name)[0]}`), 'utf8'), text)
  }
  assert.is(readFileSync(at('docker-compose.prod.yml'), 'utf8'), oldStack)
  const image = ['--volume', `${volume}:/var/lib/postgresql/data`, 'tracehub-sandbox/postgres']
  await docker('run', '--detach', '--name', 'old-rows', ...image)
  await untilUp('old-rows')
  assert.is(
    await psql('old-rows', "select count(*) || ' ' || max(md5) from parcels"),
    `400 ${await highest()}`,
  )
  await docker('rm', '--force', 'old-rows')

  const next = await deploy('production', 'v1')
  assert.is(next.code, 0, next.stdout + next.stderr)
  assert.not.match(next.stdout, /kept as|the toolkit's:|the toolkit did not/)
})

const highest = async (): Promise<string> =>
  psql('old-rows', 'select max(md5(id::text)) from generate_series(1, 400) id')

moving('the directory is lost, and its database is not: it is shown, and then used', async () => {
  const secrets = readFileSync(at('.env.production'), 'utf8')
  await run(['bash', '-c', 'docker compose rm --force --stop; docker compose --profile "*" down'], {
    cwd: directoryOf('production'),
  })
  await run(['find', directoryOf('production'), '-mindepth', '1', '-delete'])
  writeFileSync(at('.env.production'), secrets, { mode: 0o600 })
  await docker('volume', 'rm', volume)
  await stops(
    'deploy',
    ['--tag', 'v1'],
    [
      /volume +tracehub-production_db-data +PostgreSQL 17, of the project tracehub-production, and would become its database/,
    ],
  )
  const { code, stdout, stderr } = await deploy('production', 'v1', '--accept-found')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /Start the database that is there/)
  assert.match(stdout, /none pending, the schema is at a1b2c3d4/)
  assert.is(await revision('production'), 'a1b2c3d4')
})

moving('the TLS edge stops as well', async () => {
  await freshEnvironment('shared' as 'production')
  const file = join(directoryOf('shared'), 'docker-compose.yml')
  writeFileSync(file, 'services: {}\n')
  const before = await machine(directoryOf('shared'))
  for (const more of [['--dry-run'], []]) {
    const { code, stdout, stderr } = await script('deploy', ['-e', 'shared', ...more])
    assert.is(code, 1, stdout + stderr)
    assert.match(stderr, /file +docker-compose\.yml/)
  }
  assert.equal(differences(before, await machine(directoryOf('shared'))), [])
})

moving.run()
