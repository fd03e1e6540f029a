import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createStranger } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, run } from '../../../lib/base/shell.ts'
import { mountSmallDisk } from '../disk.ts'
import { docker, dockerList } from '../docker.ts'
import { restartEngine } from '../engine.ts'
import {
  answerOf,
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  liveVersion,
  onTerminal,
  rollback,
  runningServices,
  say,
  script,
  scriptEnvironment,
  url,
} from '../harness.ts'
import { startRegistry } from '../registry.ts'

/** The runbook of the README: each emergency is made, and ended by the command that stands there. */
const emergency = suite('emergencies, each ended by its command in the runbook')
const inside = (...path: string[]): string => join(directoryOf('production'), ...path)
const ofProject = '--filter=label=com.docker.compose.project=tracehub-production'
const repair = () => script('repair', ['-e', 'production'])

/** As one types it, with nobody to ask. */
async function make(...words: string[]): Promise<Finished> {
  const ran = await attempt(['make', ...words, 'E=production'], { env: scriptEnvironment })
  return { ...ran, seconds: 0 }
}
const psql = (sql: string, database = 'tracehub'): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub_admin', '-d', database, '-Atc', sql)

const shipments = async (): Promise<number> => {
  const response = await fetch(`${url('production')}/api/shipments/count`)
  return ((await response.json()) as { count: number }).count
}
const served = async (): Promise<number> => (await answerOf(`${url('production')}/health`))?.status ?? 0
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 240; tries += 1) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  throw new Error(`${what}: not within a minute`)
}

/** It is as it was: the version, its data, and nothing else runs. */
let stored = 0
async function isAsBefore(ended: Finished): Promise<void> {
  assert.is(ended.code, 0, ended.stdout + ended.stderr)
  assert.is(await liveVersion('production'), 'v2')
  assert.is(await shipments(), stored)
  assert.equal(await runningServices('production'), ['backend-blue', 'db', 'frontend-blue', 'proxy'])
}

emergency.before(async () => {
  await freshEnvironment('production')
  await mountSmallDisk(inside('backups'), 32)
  const { code, stdout, stderr } = await deploy('production', 'v2')
  if (code !== 0) say(stdout + stderr)
  assert.is(code, 0, stderr)
  for (const reference of ['E-1', 'E-2', 'E-3']) {
    const body = JSON.stringify({ reference })
    const headers = { 'content-type': 'application/json' }
    assert.is(
      (await fetch(`${url('production')}/api/shipments`, { method: 'POST', body, headers })).status,
      201,
    )
  }
  stored = await shipments()
})
emergency.after(async () => {
  await freshEnvironment('production')
})

emergency('the system is down: every container is gone', async () => {
  await docker('rm', '--force', ...(await dockerList('ps', '--all', '--quiet', ofProject)))
  assert.is(await served(), 0)
  const ended = await repair()
  assert.match(ended.stdout, /started db and proxy\n[\s\S]*blue is live and was not running: started/)
  await isAsBefore(ended)
})

emergency('the engine was restarted: what was live serves again, and repair agrees', async () => {
  if (!(await restartEngine())) {
    say("the engine is not the sandbox's to restart: its containers are killed instead")
    await docker('kill', ...(await dockerList('ps', '--quiet', ofProject)))
  }
  const ended = await repair()
  await startRegistry()
  await isAsBefore(ended)
})

emergency('the database container was killed: its data are intact', async () => {
  await docker('kill', 'tracehub-db-prod')
  await until('health says so', async () => (await served()) !== 200)
  await isAsBefore(await repair())
})

emergency('the database hangs', async () => {
  await docker('pause', 'tracehub-db-prod')
  await until('health says so', async () => (await served()) !== 200)
  const refused = await deploy('production', 'v3')
  assert.is(refused.code, 1, refused.stdout)
  assert.match(
    refused.stderr,
    /the database is down: db .*is paused\n[\s\S]*→ npx tsx scripts\/repair\.ts -e production/,
  )
  await isAsBefore(await repair())
})

emergency('a port is taken by a stranger: who, and then back', async () => {
  await docker('rm', '--force', 'tracehub-proxy-prod')
  const stranger = createStranger()
  await new Promise<void>(resolve => stranger.listen(8000, '127.0.0.1', resolve))
  const refused = await repair()
  assert.is(refused.code, 1, refused.stdout)
  assert.match(
    refused.stderr,
    /port 8000 is taken by something else\n.*→ ss -ltnp 'sport = :8000' shows by what/,
  )
  await new Promise(resolve => stranger.close(resolve))
  await isAsBefore(await repair())
})

emergency('.env.production is lost: recovered from what runs, value for value', async () => {
  const file = inside('.env.production')
  const values = (text: string): string[] =>
    text
      .split('\n')
      .filter(line => /^\w/.test(line))
      .sort()
  const before = readFileSync(file, 'utf8')
  rmSync(file)
  const refused = await deploy('production', 'v3')
  assert.match(
    refused.stderr,
    /\.env\.production is missing[\s\S]*→ npx tsx scripts\/secrets\.ts recover -e production/,
  )
  const ended = await script('secrets', ['recover', '-e', 'production'])
  assert.equal(values(readFileSync(file, 'utf8')), values(before))
  await isAsBefore(ended)
  const again = await script('secrets', ['recover', '-e', 'production'])
  assert.is(again.code, 1)
  assert.match(again.stderr, /\.env\.production is there: nothing was recovered/)
})

emergency('.env, the compose file and the map are lost: written again, and nobody is restarted', async () => {
  const ids = () => dockerList('ps', '--quiet', ofProject)
  const [before, image] = [await ids(), readFileSync(inside('.env'), 'utf8')]
  for (const name of ['.env', '.env.backend', 'docker-compose.yml']) rmSync(inside(name))
  rmSync(inside('proxy', 'live.map'))
  await isAsBefore(await repair())
  assert.is(readFileSync(inside('.env'), 'utf8'), image)
  assert.is(readFileSync(inside('proxy', 'live.map'), 'utf8'), 'live blue\n')
  assert.equal(await ids(), before)
  await run(['docker', 'compose', 'up', '-d'], { cwd: inside() })
  assert.equal(await ids(), before, 'a plain `up -d` finds nothing to change')
})

emergency(
  'the disk is full: said before anything is changed; users are served; then room is made',
  async () => {
    await docker('exec', 'tracehub-db-prod', 'sh', '-c', 'dd if=/dev/zero of=/backups/other bs=1M || true')
    assert.is(await served(), 200)
    const refused = await deploy('production', 'v3')
    assert.is(refused.code, 1, refused.stdout)
    assert.match(refused.stderr, /backups has .* free; .* are needed/)
    await docker('exec', 'tracehub-db-prod', 'rm', '/backups/other')
    await isAsBefore(await repair())
  },
)

emergency('a table is lost: what is left is saved, the newest verified backup takes its place', async () => {
  const verified = await script('backup', ['-e', 'production', '--verify', '--no-uploads'])
  assert.is(verified.code, 0, verified.stderr)
  await psql('drop table shipments cascade')
  assert.is((await answerOf(`${url('production')}/api/shipments/count`))?.status, 500)
  const ended = await make('rollback-db', 'ARGS=--emergency-backup --yes')
  assert.match(ended.stdout, /✓ Save what can be saved/)
  await isAsBefore(ended)
  const [kept] = (await psql("select datname from pg_database where datname like '%_before_%'")).split('\n')
  assert.is(await psql("select to_regclass('shipments')", kept), '', 'the damaged one is kept as it was')
  const [record = ''] = readdirSync(inside('logs', 'incidents')).slice(-1)
  assert.match(
    readFileSync(inside('logs', 'incidents', record), 'utf8'),
    /^# Incident .*: rollback in production, done/,
  )
})

/** As a leak does: every connection that it gets, and every one that becomes free. */
const takeAll = `
import os, time, psycopg2
held = []
while True:
    try:
        held.append(psycopg2.connect(os.environ["DATABASE_URL"]))
    except psycopg2.OperationalError:
        time.sleep(0.3)
`

const isRefused = (ask: Promise<string>, how: RegExp): Promise<boolean> =>
  ask.then(
    () => false,
    error => how.test(`${error.detail}`),
  )

emergency(
  'a version takes every connection that it may have: none of ours is refused, and users are moved off it',
  async () => {
    const forth = await deploy('production', 'v3')
    assert.is(forth.code, 0, forth.stdout + forth.stderr)
    const [backend, one] = [
      'tracehub-backend-green-prod',
      'import os, psycopg2; psycopg2.connect(os.environ["DATABASE_URL"])',
    ]
    await docker('exec', '--detach', backend, 'python3', '-c', takeAll)
    const full = /too many connections for role "tracehub_app_1"/
    await until('no connection is left', () => isRefused(docker('exec', backend, 'python3', '-c', one), full))
    for (const name of ['repair', 'backup']) {
      const ended = await script(name, ['-e', 'production'])
      assert.is(ended.code, 0, ended.stdout + ended.stderr)
    }
    // The live version does not work with the older schema: it is taken forward again, without a connection of its own.
    const schema = await script('rollback', ['-e', 'production', '-t', 'migration'])
    assert.match(
      schema.stdout,
      /✓ Roll the schema back to a1b2c3d4 +1 revision/,
      schema.stdout + schema.stderr,
    )
    assert.match(schema.stdout, /✓ Bring the schema forward to d7e3f51b again/)
    assert.is(schema.code, 4, schema.stdout + schema.stderr)
    const back = await rollback('production')
    assert.match(back.stdout, /✓ End the idle sessions of green +\d+ sessions/, back.stdout + back.stderr)
    assert.not.match(back.stdout, 'by the history')
    await isAsBefore(back)
  },
)

emergency(
  'a version whose login is a superuser, as it was before it had one of its own, takes even those kept for us',
  async () => {
    const forth = await deploy('production', 'v3')
    assert.is(forth.code, 0, forth.stdout + forth.stderr)
    await psql('alter role tracehub_app_1 superuser')
    await docker('exec', '--detach', 'tracehub-backend-green-prod', 'python3', '-c', takeAll)
    await until('no connection is left', () => isRefused(psql('select 1'), /too many clients/))
    const repaired = await repair()
    assert.is(repaired.code, 0, repaired.stdout + repaired.stderr)
    const back = await rollback('production')
    assert.match(
      back.stdout,
      /no connection to the database is left: by the history its schema is at d7e3f51b/,
    )
    assert.match(back.stdout, /✓ End the idle sessions of green +\d+ sessions/, back.stdout + back.stderr)
    await isAsBefore(back)
    await psql('alter role tracehub_app_1 nosuperuser')
  },
)

emergency(
  'a version that crashes with users on it: people are told, back to the release before, and a record',
  async () => {
    const told: string[] = []
    const webhook = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        told.push((JSON.parse(body) as { text: string }).text)
        response.end('ok')
      })
    })
    await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve))
    webhook.unref() // a failure in between must not keep this process for ever
    const address = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/services/T/B/a-key-of-a-webhook`
    writeFileSync(
      inside('.env.production'),
      `${readFileSync(inside('.env.production'), 'utf8')}NOTIFY_WEBHOOK_URL=${address}\n`,
      { mode: 0o600 },
    )

    const forth = await deploy('production', 'v3')
    assert.is(forth.code, 0, forth.stdout + forth.stderr)
    await docker(
      'exec',
      '--user',
      'root',
      'tracehub-backend-green-prod',
      'sh',
      '-c',
      'echo "raise RuntimeError(1)" > app/__main__.py',
    )
    await docker('restart', '--time', '1', 'tracehub-backend-green-prod')
    await until('nobody is served', async () => (await served()) !== 200)
    const helpless = await repair()
    assert.is(helpless.code, 1)
    assert.match(
      helpless.stderr,
      /→ everything runs, and the version itself fails[\s\S]*rollback\.ts -e production -t deployment/,
    )
    const back = await rollback('production')
    assert.is(back.code, 0, back.stdout + back.stderr)
    await isAsBefore(back)
    webhook.close()

    assert.equal(told, [
      ...['🔵 production: deploy of v3 has begun', '🟢 production: deploy of v3 succeeded'],
      '🔴 production: repair failed, nothing was changed',
      ...['🟠 production: rollback has begun', '🟢 production: rollback of v2 succeeded'],
    ])
    const [record = ''] = readdirSync(inside('logs', 'incidents')).slice(-1)
    const text = readFileSync(inside('logs', 'incidents', record), 'utf8')
    assert.match(text, /^# Incident .*: rollback of v2 in production, done/)
    assert.match(text, '- [x] Verify health checks pass')
    assert.match(text, '- [x] Notify team of rollback in progress: by 1 webhook')
    assert.match(text, /backup_\d{8}_\d{6}\.sql/)
    assert.match(text, /Health before, [\s\S]*backend-green +\w+, failed[\s\S]*Health after, /)
    const logs = readdirSync(inside('logs', 'runs')).map(name =>
      readFileSync(inside('logs', 'runs', name), 'utf8'),
    )
    assert.not.match([text, forth.stdout, back.stdout, ...logs].join(''), 'a-key-of-a-webhook')
  },
)

emergency(
  'a version that never gets that far: rolled back by itself, with its last words in the record',
  async () => {
    const ended = await deploy('production', 'crash-loop')
    assert.is(ended.code, 4, ended.stdout + ended.stderr)
    const path = /incident record: (\S+)/.exec(ended.stdout)?.[1] ?? ''
    assert.ok(existsSync(path), ended.stdout)
    const text = readFileSync(path, 'utf8')
    assert.match(text, /deploy of crash-loop in production, rolled back/)
    assert.match(text, /Last lines of backend-green[\s\S]*cannot read the carrier configuration/)
    assert.match(text, '- [x] Verify health checks pass: Check that blue serves as before: done')
  },
)

emergency('logs, psql and a shell in the live backend, as one types them', async () => {
  const shell = await onTerminal(
    'make shell-backend E=production',
    '#',
    'hostname; echo "$DATABASE_URL" | cut -c1-27; exit\r',
  )
  assert.match(shell.stdout, 'postgresql://tracehub_app_1')
  const psql = await onTerminal('make psql E=production', 'tracehub=>', 'select 40 + 2 as answer;\r\\q\r')
  assert.match(psql.stdout, / 42\r?\n/)
  const logs = await onTerminal('timeout 60 make logs E=production', 'backend-blue', '\u0003')
  assert.match(logs.stdout, /backend-blue/)
})

emergency.run()
