import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { formatEnvFile } from '../../../lib/environment/env-file.ts'
import type { Environment } from '../../../lib/environment/environment.ts'
import { checkSettings } from '../../../lib/environment/settings-schema.ts'
import { buildBaseImages, buildOldPostgres } from '../build-images.ts'
import { docker, dockerMaybe } from '../docker.ts'
import { directoryOf, type Finished, freshEnvironment, say, script } from '../harness.ts'
import { differences, machine } from '../machine.ts'
import { removeEnvironment, sandboxRoot } from '../root.ts'

const password = 'of-the-old-stack/and+more'
/** Forty variables of a backend, some of which are written with care. */
const given = {
  ...{
    JWT_SECRET: 'jwt-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    VIZION_API_KEY: 'vz-8d0f',
    DEMO_PASSWORD: 'visitors-may-5',
  },
  ...{
    JSONCARGO_API_KEY: '',
    PROPELAUTH_API_KEY: 'pa$with#signs',
    LOG_FORMAT: '{"a": "b"}',
    CORS: 'https://a,https://b',
  },
  ...Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`SETTING_${i}`, `value of ${i}`])),
}
const variables = Object.entries(given).map(
  ([name, value]) => `      ${name}: '${value.replaceAll('$', '$$$$')}'\n`,
)

/** The shape of a stack that a team runs before it moves in, with PostgreSQL 15. */
const oldStack = `services:
  db:
    image: tracehub-sandbox/postgres-15
    container_name: tracehub-db-prod
    restart: unless-stopped
    environment:
      POSTGRES_USER: \${DB_USER:-tracehub}
      POSTGRES_PASSWORD: \${DB_PASSWORD:?a database password is needed}
      POSTGRES_DB: \${DB_NAME:-tracehub}
    volumes:
      - tracehub_postgres_data:/var/lib/postgresql/data
      - ./backups:/backups
    healthcheck:
      test: [CMD-SHELL, "pg_isready -U tracehub"]
      interval: 1s
      retries: 90
  backend:
    image: \${BACKEND_IMAGE}
    container_name: tracehub-backend-prod
    restart: unless-stopped
    command: [sleep, infinity]
    environment:
      DATABASE_URL: postgresql://tracehub:\${DB_PASSWORD}@db:5432/tracehub
${variables.join('')}    ports: ["8000:8000"]
    volumes:
      - ./uploads:/app/uploads
      - ./logs:/app/logs
    depends_on:
      db:
        condition: service_healthy
  frontend:
    image: tracehub-sandbox/nginx
    container_name: tracehub-frontend-prod
    restart: unless-stopped
    ports: ["80:80", "443:443"]
    volumes:
      - ./letsencrypt:/etc/letsencrypt:ro
    depends_on: [backend]
volumes:
  tracehub_postgres_data:
`

const at = (...names: readonly string[]): string => join(directoryOf('production'), ...names)
const file = at('docker-compose.prod.yml')
const proposal = join(sandboxRoot, 'proposal')
const compose = (...words: readonly string[]): Promise<string> =>
  run(['docker', 'compose', '-f', 'docker-compose.prod.yml', ...words], { cwd: directoryOf('production') })
const psql = (sql: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub', '-Atqc', sql)
const adopt = (from: string, ...more: readonly string[]): Promise<Finished> =>
  script('adopt', ['-e', 'production', '--from', from, '--plan', '--proposal', proposal, ...more])

/** The machine, whether a container was touched, and what the server complained of. */
async function now(): Promise<string[]> {
  const names = ['tracehub-db-prod', 'tracehub-backend-prod', 'tracehub-frontend-prod']
  const started = await docker(
    'inspect',
    '--format',
    '{{.Name}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy}}',
    ...names,
  )
  const complaints = await run([
    'bash',
    '-c',
    'docker logs tracehub-db-prod 2>&1 | grep -E "FATAL|ERROR" || true',
  ])
  return [...(await machine(directoryOf('production'))), started, complaints]
}

const moving = suite('a stack runs already: how it would move in')

moving.before(async () => {
  await buildBaseImages(say)
  await buildOldPostgres(say)
  await freshEnvironment('production')
  rmSync(proposal, { recursive: true, force: true })
  writeFileSync(at('.env'), `DB_PASSWORD=${password}\nBACKEND_IMAGE=tracehub-sandbox/python\n`)
  chmodSync(at('.env'), 0o640)
  writeFileSync(file, oldStack)
  writeFileSync(at('backups', 'backup_20260103_120000.sql.gz'), '')
  mkdirSync(at('letsencrypt', 'live', 'trace.example.org'), { recursive: true })
  await compose('up', '--detach', '--wait')
  await psql(`create table alembic_version (version_num varchar(32) primary key);
    insert into alembic_version values ('a1b2c3d4'); create extension pg_trgm`)
  await psql('create database umami')
})
moving.after(async () => {
  await dockerMaybe('rm', '--force', 'second-db')
  await compose('--project-name', 'production', 'down', '--volumes')
  rmSync(proposal, { recursive: true, force: true })
  await removeEnvironment('production')
})

moving('its plan names all that matters, and nothing at all is changed', async () => {
  const before = await now()
  const { code, stdout, stderr } = await adopt(file)
  assert.equal([code, stderr], [0, ''], stdout)
  for (const line of [
    /^ {2}server +PostgreSQL 15\.\d+$/m,
    /^ {2}database +tracehub, \d+\.\d MiB, owned by tracehub$/m,
    /^ {2}extensions +pg_trgm 1\.6$/m,
    /^ {2}schema +a1b2c3d4 \(public\.alembic_version\)$/m,
    /^ {2}backups +1 file, the newest backup_20260103_120000\.sql\.gz of 2026-01-03$/m,
    /^ {2}db +tracehub-sandbox\/postgres-15 \(\w{12}\)\n +running, healthy, restart unless-stopped/m,
    /^ {2}domain +'tracehub\.vibotaj\.com' → 'trace\.example\.org'$/m,
    /^ {2}images\.database +\S+ →\n +'tracehub-sandbox\/postgres-15:latest'$/m,
  ])
    assert.match(stdout, line)
  const said = stdout.replaceAll(/\s+/g, ' ')
  for (const text of [
    '! backend publishes 8000 to all addresses: here it is on 127.0.0.1 alone',
    `! frontend publishes 80, 443, ends TLS with ${at('letsencrypt')}, and here`,
    `! backend has what it has not here: a command of its own (docker inspect shows it), ${at('logs')} at /app/logs`,
    '! tracehub-sandbox/python of backend was built here, and no registry has it',
    '! the server has other databases: umami; an environment has one',
    "! tracehub is the server's superuser",
    '! a first deploy stops at file .env, file docker-compose.prod.yml, container',
  ])
    assert.ok(said.includes(text), `${text}\n${stdout}`)
  for (const value of [password, ...Object.values(given)]) if (value !== '') assert.not.match(stdout, value)
  assert.equal(differences(before, await now()), [])
})

moving('the proposal: settings that load, and a file that dotenv and Compose read alike', async () => {
  const loaded = (await import(pathToFileURL(join(proposal, 'production.ts')).href)) as { default: unknown }
  const settings = checkSettings('production.ts', loaded.default) as Environment
  assert.is(settings.domain, 'trace.example.org')
  assert.equal(settings.secrets['JSONCARGO_API_KEY'], { services: ['backend'], optional: true })

  const env = join(proposal, '.env.production')
  assert.is(statSync(env).mode & 0o777, 0o600)
  const values = parse(readFileSync(env))
  assert.equal(values, { DB_PASSWORD: password, ...given })
  const service = { image: 'x', env_file: env }
  writeFileSync(join(proposal, 'compose.json'), JSON.stringify({ services: { one: service } }))
  const read = await run([
    'docker',
    'compose',
    '--file',
    join(proposal, 'compose.json'),
    'config',
    '--format',
    'json',
  ])
  const { services } = JSON.parse(read) as { services: { one: { environment: Record<string, string> } } }
  // Its output is a Compose file again, in which a $ is written twice.
  const composes = Object.entries(services.one.environment).map(([name, value]) => [
    name,
    value.replaceAll('$$', '$'),
  ])
  assert.equal(Object.fromEntries(composes), values)
  assert.match(formatEnvFile('x', values), "PROPELAUTH_API_KEY='pa$with#signs'")
})

moving('what is there already is not written over; the project says the same as the file', async () => {
  const again = await adopt(file)
  assert.is(again.code, 2)
  assert.match(again.stderr, `${proposal} is there already`)
  rmSync(proposal, { recursive: true })
  const before = await now()
  const { code, stdout } = await adopt('production')
  assert.is(code, 0, stdout)
  assert.match(stdout, /^ {2}server +PostgreSQL 15\.\d+$/m)
  rmSync(proposal, { recursive: true })
  assert.equal(differences(before, await now()), [])
})

moving('what Compose itself refuses, a second database, a database that is stopped', async () => {
  const stops = async (code: number, message: RegExp): Promise<void> => {
    const ended = await adopt(file)
    assert.match(ended.stderr, message)
    assert.equal([ended.code, ended.stdout], [code, ''])
  }
  writeFileSync(at('.env'), 'BACKEND_IMAGE=tracehub-sandbox/python\n')
  await stops(
    2,
    /^Compose cannot read \S+\n[\s\S]*a database password is needed[\s\S]*\n→ it reads \S+\.env alone/,
  )
  writeFileSync(at('.env'), `DB_PASSWORD=${password}\nBACKEND_IMAGE=tracehub-sandbox/python\n`)
  writeFileSync(file, 'services: [\n')
  await stops(2, /^Compose cannot read \S+\n[\s\S]*yaml/)
  writeFileSync(file, oldStack)
  const labels = [
    '--label',
    'com.docker.compose.project=production',
    '--label',
    'com.docker.compose.oneoff=False',
  ]
  const second = [...labels, '--label', 'com.docker.compose.service=second', '--env', 'POSTGRES_PASSWORD=x']
  await docker('run', '--detach', '--name', 'second-db', ...second, 'tracehub-sandbox/postgres-15')
  const { code, stdout } = await adopt(file)
  assert.is(code, 0, stdout)
  assert.match(stdout, /^ {2}second +tracehub-sandbox\/postgres-15/m)
  assert.match(stdout, /stays as it is: no part of a release/)
  rmSync(proposal, { recursive: true })
  await docker('rm', '--force', '--volumes', 'second-db')
  await docker('stop', 'tracehub-db-prod')
  await stops(
    1,
    /^the database db is exited, so nobody can ask it what it holds\n→ docker start tracehub-db-prod\n/,
  )
  await docker('start', 'tracehub-db-prod')
})

moving.run()
