import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker } from '../docker.ts'
import {
  containers,
  deploy,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  revision,
  rollback,
  runningServices,
  say,
  url,
} from '../harness.ts'
import { colourless, killInStep } from '../kill.ts'
import { startLoad, verifyPosts } from '../load/load.ts'

/**
 * SIGKILL of a run at the start and in the middle of its steps. Users must not notice, and the next run must
 * find things as if nothing had happened, or put them right and say so.
 */

const production = suite('a run that is killed anywhere')

/** How long each step takes when nobody disturbs it (ms), by its title with the colours left out. */
const usual = new Map<string, number>()
const learn = (): void => {
  for (const event of lastEvents('production'))
    if (event.type === 'step-finished' && event.outcome === 'done')
      usual.set(colourless(event.title), event.ms)
}

type Moment = readonly [title: string, when: 'start' | 'middle']

const killAt = (name: string, args: readonly string[], [title, when]: Moment): Promise<boolean> =>
  killInStep(name, args, title, when === 'middle' ? (usual.get(title) ?? 0) / 2 : 0)

/** Of a run that was over before we saw it there, the same again: by force, since its version is live by now. */
async function killDeploy(version: string, moment: Moment): Promise<boolean> {
  for (const again of [[], ['--force'], ['--force']])
    if (await killAt('deploy', ['--tag', version, ...again], moment)) return true
  return false
}

/**
 * One scenario: under load, a deploy is killed, the next one as well, which has begun to repair, and so on; the last
 * succeeds. Nothing is lost, and nothing is left.
 * @param versions which deploy is of which, in turn
 */
async function survive(versions: readonly string[], moments: readonly Moment[]): Promise<void> {
  const versionOf = (run: number): string => versions[run % versions.length] ?? ''
  const version = versionOf(moments.length)
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 60,
    kinds: ['keepalive', 'new', 'post', 'slow'], // a websocket would make every drain wait for its cap
  })
  const missed: Moment[] = []
  for (const [run, moment] of moments.entries())
    if (!(await killDeploy(versionOf(run), moment))) missed.push(moment)
  const next = await deploy('production', version)
  const report = await load.stop() // before anything can fail: a load that goes on would disturb the others
  assert.equal(missed, [], 'the run was over before it could be killed there')
  const found = next.stdout.split('\n').filter(line => /^ {4}\S/.test(line))
  say(
    `after the last, ${moments.at(-1)?.join(', ')}: ${
      found
        .map(line => line.trim())
        .slice(1)
        .join('; ') || 'nothing to repair'
    }`,
  )
  assert.is(next.code, 0, next.stdout + next.stderr)
  assert.match(next.stdout, /-deploy did not come to its end/)
  assert.equal(report.failures, [], 'users noticed')
  assert.equal(await verifyPosts(report, url('production')), { lost: [], doubled: [], unexpected: [] })
  assert.is(await liveVersion('production'), version)
  const colour = mapOnDisk('production').replace('live ', '')
  assert.equal(await runningServices('production'), [
    `backend-${colour}`,
    'db',
    `frontend-${colour}`,
    'proxy',
  ])
  assert.ok((await containers('production')).length <= 6, 'a container is left over')
}

/** Back to version 1 and its schema, as a person would do it. */
async function backToVersion1(): Promise<void> {
  const colour = mapOnDisk('production').replace('live ', '')
  await docker('exec', `tracehub-backend-${colour}-prod`, 'alembic', 'downgrade', 'a1b2c3d4')
  const { code, stderr } = await rollback('production', '--to', '1')
  assert.is(code, 0, stderr)
}

production.before(async () => {
  await freshEnvironment('production')
  for (const version of ['v1', 'v2']) {
    const { code, stderr } = await deploy('production', version)
    assert.is(code, 0, stderr)
    learn()
  }
  await backToVersion1()
})

const named = (moments: readonly Moment[]): string => moments.map(moment => moment.join(', ')).join('; then ')

const aroundTheMigration: readonly (readonly Moment[])[] = [
  [
    ['Run migrations on <colour>', 'start'],
    ['Run migrations on <colour>', 'middle'],
    ['Smoke tests on <colour> with the new schema', 'start'],
  ],
  [
    ['Smoke tests on <colour> with the new schema', 'middle'],
    ['Deploy to <colour>', 'middle'],
    ['Smoke tests on <colour>', 'start'],
    ['Switch traffic to <colour>', 'start'],
  ],
  [["Smoke tests at the users' ports", 'start']],
  [['Monitor stability (3.0 s)', 'start']],
  [['Monitor stability (3.0 s)', 'middle']],
]
for (const moments of aroundTheMigration)
  production(`with a migration, killed at: ${named(moments)}`, async () => {
    await survive(['v2'], moments)
    assert.is(await revision('production'), 'd7e3f51b')
    await backToVersion1()
  })

const withoutMigration: readonly (readonly Moment[])[] = [
  [
    ['Preflight', 'start'],
    ['Preflight', 'middle'],
    ['Repair what an interrupted run left', 'start'],
    ['Backup database', 'start'],
  ],
  [
    ['Backup database', 'middle'],
    ['Pull latest images', 'start'],
    ['Pull latest images', 'middle'],
    ['Compare migrations', 'start'],
  ],
  [
    ['Compare migrations', 'middle'],
    ['Give the application a login of its own', 'start'],
    ['Start database and proxy', 'start'],
    ['Deploy to <colour>', 'start'],
    ['Deploy to <colour>', 'middle'],
  ],
  [
    ['Wait for <colour> to be healthy', 'start'],
    ['Wait for <colour> to be healthy', 'middle'],
    ['Smoke tests on <colour>', 'middle'],
    ['Switch traffic to <colour>', 'start'],
  ],
  [
    ['Drain and stop <colour>', 'start'],
    ['Drain and stop <colour>', 'middle'],
    ['External health checks', 'start'],
  ],
  [
    ['Record the release', 'start'],
    ['Clean up old images', 'start'],
    ['Clean up old images', 'middle'],
  ],
]
production('from here on without a migration', async () => {
  assert.is((await deploy('production', 'v2')).code, 0)
})
for (const moments of withoutMigration)
  production(`killed at: ${named(moments)}`, async () => {
    const live = await liveVersion('production')
    await survive(live === 'v2' ? ['v3', 'v2'] : ['v2', 'v3'], moments)
  })

production('killed while it takes a failed deploy back: the next run takes it back', async () => {
  const before = await liveVersion('production')
  for (const [version, title, repaired] of [
    ['smoke-fails', 'Remove <colour>', /removed its candidate/],
    ['migration-fails', 'Take the schema back to d7e3f51b', /-deploy did not come to its end/],
  ] as const) {
    assert.ok(await killAt('deploy', ['--tag', version, '--accept-migrations'], [title, 'start']), title)
    assert.is(await liveVersion('production'), before)
    const next = await deploy('production', before)
    assert.is(next.code, 0, next.stderr)
    assert.match(next.stdout, repaired)
    assert.is(await revision('production'), 'd7e3f51b')
    assert.is((await runningServices('production')).length, 4)
  }
})

production('a run that fails before it repairs anything leaves that to the next', async () => {
  const before = await liveVersion('production')
  assert.ok(await killAt('deploy', ['--tag', 'bad-after-switch'], ['Smoke tests on <colour>', 'start']))
  assert.is(await revision('production'), '2e6fb08d')
  assert.is((await deploy('production', 'no-such-tag')).code, 1)
  const next = await deploy('production', before)
  assert.is(next.code, 0, next.stderr)
  assert.match(next.stdout, /the schema was at 2e6fb08d: taken back to d7e3f51b/)
  assert.is(await revision('production'), 'd7e3f51b')
})

production('a rollback that is killed', async () => {
  for (const title of ['Start <colour> again', 'Monitor stability (3.0 s)']) {
    const target = (await liveVersion('production')) === 'v2' ? 'v3' : 'v2'
    assert.is((await deploy('production', target)).code, 0)
    assert.ok(await killAt('rollback', ['-t', 'deployment'], [title, 'middle']), title)
    const live = await liveVersion('production')
    const next = await deploy('production', live)
    assert.is(next.code, 0, next.stderr)
    assert.match(next.stdout, /-rollback did not come to its end/)
    assert.is(await liveVersion('production'), live)
    assert.is((await runningServices('production')).length, 4)
  }
})

production(
  'a first deploy that is killed, again and again: the next one starts from what is there',
  async () => {
    const moments: Moment[] = [
      ['Start database and proxy', 'middle'],
      ['Deploy to <colour>', 'middle'],
      ['Run migrations on <colour>', 'middle'],
      ['Switch traffic to <colour>', 'start'],
    ]
    await freshEnvironment('production')
    for (const moment of moments) assert.ok(await killAt('deploy', ['--tag', 'v1'], moment), moment.join())
    const next = await deploy('production', 'v1')
    assert.is(next.code, 0, next.stdout + next.stderr)
    assert.is(await liveVersion('production'), 'v1')
    assert.is(await revision('production'), 'a1b2c3d4')
    assert.is((await containers('production')).length, 4)
  },
)

production.run()
