import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  containers,
  deploy,
  freshEnvironment,
  liveVersion,
  revision,
  runningServices,
} from '../../harness.ts'
import { killAt, type Moment, twoVersions } from './survive.ts'

const production = suite('a way back, a rollback and a first deploy that are killed')

production.before(async () => {
  await twoVersions()
  assert.is((await deploy('production', 'v2')).code, 0)
})

production('killed while it takes a failed deploy back: the next run rolls it back', async () => {
  const before = await liveVersion('production')
  for (const [version, title, repaired] of [
    ['smoke-fails', 'Remove <colour>', /removed its candidate/],
    ['migration-fails', 'Roll the schema back to d7e3f51b', /-deploy did not come to its end/],
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
  assert.match(next.stdout, /the schema was at 2e6fb08d: rolled back to d7e3f51b/)
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
