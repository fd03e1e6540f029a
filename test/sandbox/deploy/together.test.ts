import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { composeV1 } from '../compose-binaries.ts'
import { docker } from '../docker.ts'
import {
  containers,
  deploy,
  directoryOf,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  onTerminal,
  revision,
  rollback,
  runningServices,
  say,
  script,
  start,
} from '../harness.ts'

const production = suite('two people, Ctrl-C, and the other Compose')

const reached = async (title: string): Promise<void> => {
  for (let tries = 0; tries < 3600; tries += 1) {
    if (lastEvents('production').some(event => event.type === 'step-started' && event.title === title)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`the run did not reach "${title}"`)
}
/** Waits until a run of ours that has just been started is the newest. */
const begins = async (before: string | undefined): Promise<void> => {
  for (let tries = 0; tries < 1200; tries += 1) {
    const event = lastEvents('production')[0]
    if (event?.type === 'run-started' && event.run !== before) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('the run did not begin')
}
const newestRun = (): string | undefined => {
  const event = lastEvents('production')[0]
  return event?.type === 'run-started' ? event.run : undefined
}

production.before(async () => {
  await freshEnvironment('production')
  const { code, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
})

production('two deploys at once: one runs, the other exits 3 and says who holds the lock', async () => {
  const before = newestRun()
  const first = start('deploy', ['-e', 'production', '--tag', 'v3'])
  await begins(before)
  const second = await deploy('production', 'v3')
  assert.is(second.code, 3)
  assert.match(second.stderr, /^\d{8}-\d{6}\.\d{3}-deploy holds the lock of production\n/)
  assert.match(
    second.stderr,
    /by .+, process \d+, since \d{4}-.+Z\n +log: .+\.jsonl\n→ wait for it: add --wait 10m/,
  )
  const waiting = script('deploy', ['-e', 'production', '--tag', 'v3', '--wait', '2m'])
  assert.is((await first.done).code, 0)
  const waited = await waiting
  assert.is(waited.code, 0, waited.stderr)
  assert.match(waited.stdout, /live already/)
})

production('--help and --list never wait for the lock', async () => {
  const before = newestRun()
  const running = start('deploy', ['-e', 'production', '--tag', 'v2'])
  await begins(before)
  assert.is((await script('deploy', ['--help'])).code, 0)
  assert.match((await script('rollback', ['-e', 'production', '--list'])).stdout, /\* live +2 +v3/)
  assert.is((await running.done).code, 0)
})

for (const step of [
  'Backup database',
  'Run migrations on green',
  'Wait for green to be healthy',
  'Smoke tests on green',
])
  production(`Ctrl-C before the switch (${step}): everything is undone`, async () => {
    await deploy('production', 'v2') // blue or green: the candidate's name follows
    const live = mapOnDisk('production')
    const candidate = live === 'live blue' ? 'green' : 'blue'
    const before = newestRun()
    const running = start('deploy', ['-e', 'production', '--tag', 'bad-after-switch'])
    await begins(before)
    await reached(step.replace('green', candidate))
    running.kill('SIGINT')
    const { code, stdout, stderr } = await running.done
    assert.is(code, step === 'Backup database' ? 1 : 4, stdout + stderr)
    assert.match(stdout, /SIGINT: stopping at the next safe place/)
    assert.match(stderr, /stopped by SIGINT/)
    assert.is(await liveVersion('production'), 'v2')
    assert.is(await revision('production'), 'd7e3f51b')
    assert.is(mapOnDisk('production'), live)
    const colour = live.replace('live ', '')
    assert.equal(await runningServices('production'), [
      `backend-${colour}`,
      'db',
      `frontend-${colour}`,
      'proxy',
    ])
  })

production('on a terminal, production shows what will change and asks', async () => {
  const command = 'npx tsx scripts/deploy.ts -e production --tag v3'
  const before = await containers('production')
  const no = await onTerminal(command, '[y/N]', 'n\r')
  assert.is(no.code, 1, no.stdout)
  assert.match(no.stdout, /to be live +green, v3 \(blue-green\)/)
  assert.match(no.stdout, /migrations +0 pending/)
  assert.match(no.stdout, 'Deploy v3 to production? [y/N]')
  assert.match(no.stdout, 'not confirmed: nothing was changed')
  assert.equal(await containers('production'), before)
  const stopped = await onTerminal(command, '[y/N]', '\u0003')
  assert.is(stopped.code, 1, stopped.stdout)
  assert.match(stopped.stdout, 'stopped by SIGINT')
  const yes = await onTerminal(command, '[y/N]', 'y\r')
  assert.is(yes.code, 0, yes.stdout)
  assert.is(await liveVersion('production'), 'v3')
  assert.is((await rollback('production')).code, 0)
})

production('Ctrl-C after the switch: users are moved back', async () => {
  const live = mapOnDisk('production')
  const before = newestRun()
  const running = start('deploy', ['-e', 'production', '--tag', 'v3'])
  await begins(before)
  await reached('Monitor stability (3.0 s)')
  running.kill('SIGINT')
  const { code, stdout, stderr } = await running.done
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout, /✓ Switch traffic back to/)
  assert.is(mapOnDisk('production'), live)
  assert.is(await liveVersion('production'), 'v2')
})

production('Compose v1 passes the main path: deploy, migrate, fail, roll back', async () => {
  assert.ok(await composeV1(say), 'Compose v1 is neither here nor can it be installed')
  await freshEnvironment('production')
  const v1 = { TRACEHUB_COMPOSE: 'docker-compose' }
  const on = (name: string, ...args: string[]) => script(name, ['-e', 'production', ...args], v1)
  const first = await on('deploy', '--tag', 'v1', '--verbose')
  assert.is(first.code, 0, first.stderr)
  assert.match(first.stdout, /\$ docker-compose up --detach --no-deps/)
  assert.is((await on('deploy', '--tag', 'v2')).code, 0)
  assert.is(await revision('production'), 'd7e3f51b')
  assert.is((await on('deploy', '--tag', 'breaks-old-code', '--accept-migrations')).code, 4)
  assert.is(await revision('production'), 'd7e3f51b')
  assert.is((await on('deploy', '--tag', 'v3')).code, 0)
  assert.is((await on('rollback', '-t', 'deployment')).code, 0)
  const ids = () =>
    docker('ps', '--quiet', '--filter', 'label=com.docker.compose.project=tracehub-production')
  const before = await ids()
  await run(['docker-compose', 'up', '-d'], { cwd: directoryOf('production') })
  assert.is(await ids(), before, 'a plain `up -d` keeps every container')
  assert.is(await liveVersion('production'), 'v2')
})

production.run()
