import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, run } from '../../../lib/base/shell.ts'
import { composeV1 } from '../compose-binaries.ts'
import { docker } from '../docker.ts'
import {
  answerOf,
  containers,
  deploy,
  directoryOf,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  revision,
  rollback,
  runIds,
  runningServices,
  say,
  url,
} from '../harness.ts'

const production = suite('a production environment, from an empty directory on')
const ids = (): Promise<string> =>
  run([
    'docker',
    'ps',
    '--quiet',
    '--no-trunc',
    '--filter',
    'label=com.docker.compose.project=tracehub-production',
  ])
const typed = (command: string): Promise<string> =>
  run(['bash', '-c', command], { cwd: directoryOf('production') })

production.before(async () => {
  await freshEnvironment('production')
})

production('--dry-run shows the plan from real facts, and changes nothing', async () => {
  const { code, stdout } = await deploy('production', 'v1', '--dry-run')
  assert.is(code, 0)
  assert.match(stdout, /live now +nothing/)
  assert.match(stdout, /to be live +blue, v1/)
  assert.match(stdout, /migrations +10 pending/)
  assert.equal(await runningServices('production'), [])
  assert.not(existsSync(join(directoryOf('production'), '.env')))
})

production('the first deploy brings everything up', async () => {
  const { code, stdout, stderr } = await deploy('production', 'v1')
  assert.is(code, 0, stderr)
  assert.match(stdout, /live +blue, release 1, v1/)
  assert.match(stdout, `${directoryOf('production')} was open to other users (mode 755), and is closed now`)
  assert.is(await liveVersion('production'), 'v1')
  assert.is(await revision('production'), 'a1b2c3d4')
  assert.equal(await runningServices('production'), ['backend-blue', 'db', 'frontend-blue', 'proxy'])
  assert.is(mapOnDisk('production'), 'live blue')
})

production(
  "another user of the machine cannot hold the lock, and reads nothing of the environment's",
  async () => {
    const at = (name: string): string => join(directoryOf('production'), name)
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
    for (const tried of [
      ['flock', '--nonblock', at('.lock'), 'true'],
      ['ls', at('uploads')],
      ['cat', at('proxy/live.map')],
    ]) {
      const { code, stderr } = await attempt([...asNobody, ...tried])
      assert.is.not(code, 0)
      assert.match(stderr, 'Permission denied')
    }
    // The containers are let in by the engine: what is uploaded is there.
    await attempt(['docker', 'exec', 'tracehub-backend-blue-prod', 'touch', '/app/uploads/from-inside'])
    assert.ok(existsSync(at('uploads/from-inside')))
  },
)

production('the documented resource limits hold', async () => {
  const format = '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}}'
  const limits = await run(['docker', 'inspect', '--format', format, 'tracehub-backend-blue-prod'])
  assert.is(limits, `1000000000 ${1024 ** 3} ${512 * 1024 ** 2}`)
})

production('no service has more rights than it needs', async () => {
  const about = async (container: string): Promise<unknown[]> => {
    const [found] = JSON.parse(await run(['docker', 'inspect', `tracehub-${container}`]))
    const { CapAdd, CapDrop, SecurityOpt, PidsLimit, Memory, Init } = found.HostConfig
    const caps = (list: string[] | null) => (list ?? []).map(name => name.replace('CAP_', '')).sort()
    const added = caps(CapAdd).join(' ')
    return [found.Config.User, added, caps(CapDrop).join(' '), SecurityOpt, PidsLimit, Memory, Init]
  }
  const [safe, few] = [['no-new-privileges:true'], 'AUDIT_WRITE MKNOD NET_RAW SETFCAP SETPCAP SYS_CHROOT']
  const forEntrypoint = 'CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID'
  assert.equal(await about('db-prod'), ['', forEntrypoint, 'ALL', safe, 4096, 4 * 1024 ** 3, true])
  const [user, ...proxy] = await about('proxy-prod')
  assert.not.match(`${user}`, /^(0:|$)/)
  assert.equal(proxy, ['', 'ALL', safe, 2048, 512 * 1024 ** 2, true])
  for (const part of ['backend', 'frontend'])
    assert.equal((await about(`${part}-blue-prod`)).slice(1, 5), ['', few, safe, 2048])
})

production('every documented step of a production deploy has its step', () => {
  const titles = lastEvents('production').flatMap(event =>
    event.type === 'step-finished' ? [event.title] : [],
  )
  const documented = [
    'Pull latest images',
    'Backup database',
    'Run migrations on blue',
    'Deploy to blue',
    'Wait for blue to be healthy',
    'Smoke tests on blue',
    'Switch traffic to blue',
    'Monitor stability (3.0 s)',
    'External health checks',
  ]
  for (const title of documented)
    assert.ok(titles.includes(title), `${title} is missing in ${titles.join(', ')}`)
  const places = ['Run migrations on blue', 'Deploy to blue', 'Smoke tests on blue'].map(title =>
    titles.indexOf(title),
  )
  assert.equal(
    places,
    places.toSorted((a, b) => a - b),
    'the schema is new before anything of the candidate runs',
  )
})

production('what is live already is left alone, unless forced', async () => {
  const before = await containers('production')
  const { code, stdout } = await deploy('production', 'v1')
  assert.is(code, 0)
  assert.match(stdout, /this version is live already: nothing to do/)
  assert.equal(await containers('production'), before)
  const forced = await deploy('production', 'v1', '--force')
  assert.is(forced.code, 0, forced.stderr)
  assert.match(forced.stdout, /live +green, release 1, v1/)
})

production('the next version arrives with its migration, its backup, and its digests', async () => {
  const { code, stdout, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
  assert.is(await liveVersion('production'), 'v2')
  assert.is(await revision('production'), 'd7e3f51b')
  assert.match(stdout, /Smoke tests on green with the new schema/)
  const file = /backup +(backup_\d{8}_\d{6}\.sql)/.exec(stdout)?.[1] ?? ''
  const dump = readFileSync(join(directoryOf('production'), 'backups', file), 'utf8')
  assert.match(dump, /-- PostgreSQL database dump complete/)
  assert.match(dump, 'a1b2c3d4')
  for (const service of ['backend', 'frontend']) {
    const image = await run([
      'docker',
      'inspect',
      '--format',
      '{{.Config.Image}}',
      `tracehub-${service}-blue-prod`,
    ])
    assert.match(image, /@sha256:[0-9a-f]{64}$/)
  }
})

production('the documented manual commands work in its directory, with no flags', async () => {
  // Compose v1 is what the documentation types; it is installed here wherever the system still has it.
  const v1 = await composeV1(say)
  for (const compose of v1 ? ['docker compose', v1] : ['docker compose']) {
    assert.match(await typed(`${compose} ps`), 'tracehub-db-prod')
    assert.match(await typed(`${compose} logs --tail 5 backend-blue 2>&1`), /./)
    assert.match(await typed(`${compose} exec -T db psql -U tracehub -c "select 'an answer'"`), 'an answer')
    assert.is(await typed(`echo 'select 41 + 1' | ${compose} exec -T db psql -U tracehub tracehub -At`), '42')
    assert.match(await typed(`${compose} exec -T backend-blue alembic current`), 'd7e3f51b')
    assert.match(await typed(`${compose} exec -T backend-blue env | grep DATABASE_URL`), 'postgresql://')
  }
  const before = await ids()
  await typed('docker compose up -d')
  assert.equal(await ids(), before, 'a plain `up -d` keeps every container')
  assert.is(await liveVersion('production'), 'v2')
  assert.match(
    await typed(`curl -s ${url('production')}/health`),
    '{"status":"healthy","database":"connected"}',
  )
})

production('after docker compose restart the same colour serves', async () => {
  await typed('docker compose restart')
  for (let tries = 0; (await answerOf(`${url('production')}/health`))?.status !== 200; tries += 1) {
    assert.ok(tries < 240, 'nobody serves two minutes after the restart')
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  assert.is(await liveVersion('production'), 'v2')
})

production('after docker compose down the next deploy brings everything back', async () => {
  await typed('docker compose down')
  const planned = await deploy('production', 'v2', '--force', '--dry-run')
  assert.is(planned.code, 0, planned.stderr)
  assert.match(planned.stdout, /schema +not known: db has no container; its volume is there\n/)
  assert.match(planned.stdout, /migrations +not known before it is started\n[\s\S]*backup +of the database\n/)
  const { code, stdout, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
  assert.match(stdout, /blue is live and was not running: started/)
  assert.is(await liveVersion('production'), 'v2')
})

production(
  'rollback goes back instantly, while the containers of the release before still exist',
  async () => {
    assert.is((await deploy('production', 'v3')).code, 0)
    const { code, stdout, stderr } = await rollback('production')
    assert.is(code, 0, stderr)
    assert.match(stdout, /its containers still exist/)
    assert.is(await liveVersion('production'), 'v2')
  },
)

production(
  'rollback goes back from the recorded digests, when neither containers nor images are here',
  async () => {
    assert.is((await deploy('production', 'v3')).code, 0)
    const image = (part: string): Promise<string> =>
      run(['docker', 'inspect', '--format', '{{.Config.Image}}', `tracehub-${part}-blue-prod`])
    const images = await Promise.all(['backend', 'frontend'].map(image))
    await run(['docker', 'rm', 'tracehub-backend-blue-prod', 'tracehub-frontend-blue-prod'])
    await run(['docker', 'rmi', ...images])
    const { code, stdout, stderr } = await rollback('production')
    assert.is(code, 0, stderr)
    assert.match(stdout, /✓ Pull images +pulled [0-9a-f]{12}, [0-9a-f]{12}/)
    assert.is(await liveVersion('production'), 'v2')
  },
)

production('rollback refuses a version that does not know the schema, and names the ways out', async () => {
  const { code, stderr } = await rollback('production')
  assert.is(code, 1)
  assert.match(stderr, /the database is at revision d7e3f51b, which this image does not know/)
  assert.match(stderr, /rollback\.ts -e production -t deployment --to 1 --with-migrations/)
  assert.is(await liveVersion('production'), 'v2')
})

production('a version that takes long to boot is waited for', async () => {
  const { code, stdout, stderr } = await deploy('production', 'slow-boot')
  assert.is(code, 0, stdout + stderr)
  assert.is(await liveVersion('production'), 'slow-boot')
})

production('nothing that holds a secret can be read by others', () => {
  for (const file of [
    '.env',
    '.env.production',
    '.env.backend',
    '.env.db',
    'releases.jsonl',
    `logs/runs/${runIds('production').at(-1)}`,
  ])
    assert.is(statSync(join(directoryOf('production'), file)).mode & 0o077, 0, file)
})

production(
  'what a failed first deploy has pinned is not kept: the next one asks the registry again',
  async () => {
    await freshEnvironment('production')
    const labels = ['project=tracehub-production', 'volume=db-data'].flatMap(label => [
      ...['--label', `com.docker.compose.${label}`],
    ])
    await docker('volume', 'create', ...labels, 'tracehub-production_db-data')
    const inVolume = (command: string): Promise<string> =>
      docker(
        ...['run', '--rm', '--volume', 'tracehub-production_db-data:/data', '--entrypoint', 'bash'],
        ...['tracehub-sandbox/postgres', '-c', command],
      )
    const asPostgres = 'setpriv --reuid=postgres --regid=postgres --init-groups'
    const made = `chown postgres /data && ${asPostgres} initdb --no-sync --pgdata /data`
    await inVolume(`${made} > /dev/null && echo 15 > /data/PG_VERSION`)
    const refused = await deploy('production', 'v1')
    assert.is(refused.code, 1, refused.stdout + refused.stderr)
    assert.match(refused.stderr, /volume +tracehub-production_db-data +PostgreSQL 15/)
    const first = await deploy('production', 'v1', '--accept-found')
    assert.is(first.code, 1, first.stdout + first.stderr)
    assert.match(first.stderr, /left here, for the next run:/)
    assert.match(first.stderr, /the database cannot start: its data is of PostgreSQL 15, and its image is 17/)
    assert.match(first.stderr, /use an image of PostgreSQL 15: images\.database .*; then deploy again/)

    await inVolume('find /data -mindepth 1 -delete')
    const file = join(directoryOf('production'), '.env')
    const other = `DB_IMAGE=127.0.0.1:5050/library/haproxy@sha256:${'0'.repeat(64)}` // as if the settings had said so
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^DB_IMAGE=.*$/m, other))
    const { code, stdout, stderr } = await deploy('production', 'v1')
    assert.is(code, 0, stdout + stderr)
    assert.is(await liveVersion('production'), 'v1')
  },
)

production.run()
