import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deploy, liveVersion } from '../../harness.ts'
import { type Moment, named, survive, twoVersions } from './survive.ts'

const production = suite('a deploy without a migration that is killed anywhere')

production.before(async () => {
  await twoVersions()
  assert.is((await deploy('production', 'v2')).code, 0)
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
for (const moments of withoutMigration)
  production(`killed at: ${named(moments)}`, async () => {
    const live = await liveVersion('production')
    await survive(live === 'v2' ? ['v3', 'v2'] : ['v2', 'v3'], moments)
  })

production.run()
