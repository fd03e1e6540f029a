import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { revision } from '../../harness.ts'
import { backToVersion1, type Moment, named, survive, twoVersions } from './survive.ts'

const production = suite('a deploy with a migration that is killed anywhere')

production.before(twoVersions)

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

production.run()
