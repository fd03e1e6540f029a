import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { docker } from '../docker.ts'
import {
  containers,
  deploy,
  directoryOf,
  freshEnvironment,
  liveVersion,
  runningServices,
  script,
} from '../harness.ts'
import { startRegistry, stopRegistry } from '../registry.ts'

const staging = suite('what could make a deploy fail is said before anything is changed')
const secretsFile = (): string => join(directoryOf('staging'), '.env.staging')
const greedy = { TRACEHUB_OVERRIDE: join(import.meta.dirname, 'greedy-override.ts') }

staging.before(async () => {
  await freshEnvironment('staging')
})
staging.after(startRegistry)

staging('all problems at once, each with what to do', async () => {
  const good = readFileSync(secretsFile(), 'utf8')
  const bad = good
    .replace(/^JWT_SECRET=.*$/m, 'JWT_SECRET=change-this-please')
    .replace(/^VIZION_API_KEY=.*\n/m, '')
  writeFileSync(secretsFile(), bad.replace(/^DEMO_PASSWORD=.*$/m, 'DEMO_PASSWORD='))
  chmodSync(secretsFile(), 0o644)
  const stranger = createServer().listen(8100, '127.0.0.1')
  const { code, stderr } = await script('deploy', ['-e', 'staging', '--tag', 'no-such-tag'], greedy)
  stranger.close()
  assert.is(code, 1)
  for (const problem of [
    /staging cannot be deployed to: \d+ problems/,
    /\.env\.staging has mode 644: others can read the secrets\n +→ chmod 600 /,
    /JWT_SECRET in .*\.env\.staging is still a placeholder/,
    /VIZION_API_KEY is missing in /,
    /DEMO_PASSWORD is empty in /,
    /tracehub-backend:no-such-tag is not in the registry/,
    /tracehub-frontend:no-such-tag is not in the registry/,
    /port 8100 is taken by something else\n +→ ss -ltnp 'sport = :8100'/,
    /staging has .* free; .* are needed for images and a dump/,
    /of memory are available; a candidate beside the live version needs /,
  ])
    assert.match(stderr, problem)
  assert.equal(await containers('staging'), [''])
  writeFileSync(secretsFile(), good)
  chmodSync(secretsFile(), 0o600)
})

staging('Docker away, a wrong token, a missing file', async () => {
  const away = await script('deploy', ['-e', 'staging', '--tag', 'v1'], {
    DOCKER_HOST: 'unix:///nowhere.sock',
  })
  assert.is(away.code, 1)
  assert.match(away.stderr, /Docker does not answer on this machine[\s\S]*→ sudo systemctl start docker/)
  const stranger = await script('deploy', ['-e', 'staging', '--tag', 'v1'], { GHCR_TOKEN: 'a-wrong-token' })
  assert.is(stranger.code, 1)
  assert.match(stranger.stderr, /refused the login as tracehub/)
  assert.not.match(stranger.stdout + stranger.stderr, 'a-wrong-token')
  const good = readFileSync(secretsFile(), 'utf8')
  await run(['rm', secretsFile()])
  const none = await deploy('staging', 'v1')
  assert.is(none.code, 1)
  assert.match(none.stderr, /\.env\.staging is missing[\s\S]*→ cp .*\.env\.staging\.example /)
  writeFileSync(secretsFile(), good, { mode: 0o600 })
})

staging('secrets with every character that is allowed arrive as they are, and nowhere else', async () => {
  const secrets = {
    DB_PASSWORD: 'p@ss w0rd:/?&%+=;|<>(){}[]*~!,. é漢',
    JWT_SECRET: '-leading dash & "double" #hash `tick`',
    VIZION_API_KEY: 'k'.repeat(4000),
    DEMO_PASSWORD: '%41%2F+x y',
  }
  writeFileSync(
    secretsFile(),
    Object.entries(secrets)
      .map(([key, value]) => `${key}='${value}'\n`)
      .join(''),
    { mode: 0o600 },
  )
  const { code, stdout, stderr } = await deploy('staging', 'v1', '--verbose')
  assert.is(code, 0, stdout + stderr)
  const inside = (await docker(
    'inspect',
    '--format',
    '{{json .Config.Env}}',
    'tracehub-backend-blue-staging',
  )) as string
  const given = JSON.parse(inside) as string[]
  for (const key of ['JWT_SECRET', 'VIZION_API_KEY', 'DEMO_PASSWORD'] as const)
    assert.ok(given.includes(`${key}=${secrets[key]}`), `${key} arrives as it is`)
  const password = ['exec', '-e', `PGPASSWORD=${secrets.DB_PASSWORD}`, 'tracehub-db-staging']
  const over = ['psql', '-h', 'db', '-U', 'tracehub', '-d', 'tracehub', '-Atc', 'select 1']
  assert.is(await docker(...password, ...over), '1', 'the database has that password')

  const others = ['tracehub-frontend-blue-staging', 'tracehub-proxy-staging', 'tracehub-db-staging']
  const seen = [stdout, stderr, await docker('inspect', ...others.slice(0, 2))]
  const directory = directoryOf('staging')
  for (const file of [
    '.env',
    'releases.jsonl',
    ...readdirSync(join(directory, 'logs/runs')).map(name => `logs/runs/${name}`),
  ])
    seen.push(readFileSync(join(directory, file), 'utf8'))
  for (const [key, value] of Object.entries(secrets))
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
      assert.not.ok(
        seen.some(text => text.includes(form)),
        `${key} is shown somewhere`,
      )
  assert.not.match(await docker('inspect', 'tracehub-db-staging'), 'JWT_SECRET')
})

staging(
  'a secret that the readers of the file understand differently is refused, with its line',
  async () => {
    const good = readFileSync(secretsFile(), 'utf8')
    writeFileSync(secretsFile(), `${good}EXTRA=a$b\n`)
    const { code, stderr } = await deploy('staging', 'v1')
    assert.is(code, 1)
    assert.match(stderr, /\.env\.staging line 5: EXTRA has a \$ in it/)
    writeFileSync(secretsFile(), good)
  },
)

staging('the registry is down: said so, and --build deploys from source', async () => {
  await stopRegistry()
  const without = await deploy('staging', 'v3')
  assert.is(without.code, 1)
  assert.match(without.stderr, /127\.0\.0\.1:5050[\s\S]*(cannot be reached|does not answer)/)
  const built = await deploy('staging', 'from-source', '--build')
  assert.is(built.code, 0, built.stdout + built.stderr)
  assert.match(built.stdout, /live +green, release 2, from-source/)
  assert.equal(await runningServices('staging'), ['backend-green', 'db', 'frontend-green', 'proxy'])
  await startRegistry()
})

staging('a rolling update goes service by service, and takes a failure back', async () => {
  const good = await deploy('staging', 'v2')
  assert.is(good.code, 0, good.stderr)
  const titles = good.stdout.split('\n').map(line => line.slice(4).split('  ')[0]?.trim())
  const inOrder = ['Backup database', 'Run migrations on blue', 'Smoke tests on green with the new schema']
  inOrder.push('Rolling update of backend-blue', 'Wait for backend-blue to be healthy')
  inOrder.push('Rolling update of frontend-blue', 'Smoke tests on blue')
  inOrder.push('Switch traffic to blue', 'Drain and stop green', 'Clean up old images')
  const places = inOrder.map(title => titles.indexOf(title))
  assert.equal(
    places,
    [...places].sort((a, b) => a - b),
  )
  assert.not.ok(places.includes(-1), `${inOrder[places.indexOf(-1)]} is missing`)
  const bad = await deploy('staging', 'smoke-fails')
  assert.is(bad.code, 4)
  assert.is(await liveVersion('staging'), 'v2')
})

staging('a database that is down', async () => {
  await docker('stop', 'tracehub-db-staging')
  const { code, stderr } = await deploy('staging', 'v3')
  assert.is(code, 1)
  assert.match(stderr, /the database is down: db has stopped with exit code \d+/)
  assert.match(stderr, /→ npx tsx scripts\/repair\.ts -e staging$/m)
  const repaired = await script('repair', ['-e', 'staging'])
  assert.is(repaired.code, 0, repaired.stderr)
  assert.is(await liveVersion('staging'), 'v2')
})

staging('published ports are reached from this machine only', async () => {
  const format = '{{json .HostConfig.PortBindings}}'
  for (const container of ['tracehub-db-staging', 'tracehub-proxy-staging']) {
    const bindings = await docker('inspect', '--format', format, container)
    const addresses = [...bindings.matchAll(/"HostIp":"([^"]*)"/g)].map(([, address]) => address)
    assert.ok(addresses.length > 0)
    assert.ok(addresses.every(address => address === '127.0.0.1'))
  }
})

staging.run()
