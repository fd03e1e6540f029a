import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../../../lib/base/failure.ts'
import type { Parsed } from '../../../../lib/base/options.ts'
import { shown } from '../../../../lib/base/text.ts'
import { type rollbackOptions, rollbackWanted } from '../../../../lib/deploy/rollback/options.ts'
import { releaseTable, targetOf } from '../../../../lib/deploy/rollback/target.ts'
import type { Release } from '../../../../lib/environment/releases.ts'
import { failureOf, release } from '../../fixtures.ts'

const none: Parsed<typeof rollbackOptions> = {
  ...{ type: undefined, to: undefined, steps: undefined, 'with-migrations': false, backup: undefined },
  ...{ 'back-to': undefined, online: false, 'with-uploads': false, 'emergency-backup': false },
  ...{ upgrade: false, 'with-deployment': false },
}
const releaseOf = (to: string) => rollbackWanted({ ...none, type: 'deployment', to })

const numbers = suite('rollback-target: a release number')

for (const [word, number] of [
  ['1', 1],
  ['12', 12],
  ['999999999', 999_999_999],
] as const)
  numbers(word, () =>
    assert.equal(releaseOf(word), { type: 'deployment', to: number, withMigrations: false }),
  )

for (const word of [
  '',
  '0',
  '01',
  '-1',
  '+1',
  '1.0',
  '1e3',
  '0x1',
  ' 1',
  '1\n',
  'latest',
  '$(id)',
  '１',
  '1'.repeat(10),
])
  numbers(`${shown(word)} is none`, async () => {
    const failure = await failureOf(() => releaseOf(word))
    assert.instance(failure, UsageError)
    assert.is(
      failure.what,
      `--to is ${shown(word)}; expected a release number such as 12 (--list shows them)`,
    )
  })

numbers.run()

const targets = suite('rollback-target: where a rollback leads')

/** One, two and three were deployed. */
const three = [release(1), release(2), release(3)]
const back = (number: number): Release => release(number, { kind: 'rollback', at: 9_000_000 })

const leads: [what: string, releases: Release[], to: number | undefined, target: number][] = [
  ['to the one before', three, undefined, 2],
  ['to a given one', three, 1, 1],
  ['after a rollback, further back: never to what was left', [...three, back(2)], undefined, 1],
  ['forward again only by its number', [...three, back(2)], 3, 3],
  [
    'after a later deploy, to what that one replaced',
    [...three, back(2), release(4, { previous: 2 })],
    undefined,
    2,
  ],
  ['after the live one was deployed once more, to the one before it', [...three, release(3)], undefined, 2],
  ['after a version was adopted by a repair', [...three, release(4, { kind: 'adopted' })], undefined, 3],
]
for (const [what, releases, to, target] of leads)
  targets(what, () => assert.is(targetOf(releases, to).release, target))

targets('it is the newest line about that release: the colour in which it was seen last', () => {
  const again = release(2, { colour: 'blue', kind: 'rollback' })
  assert.is(targetOf([...three, again, release(4, { previous: 2 })], undefined), again)
})

const nowhere: [what: string, releases: Release[], to: number | undefined, message: string, fix: string][] = [
  ['nothing is live', [], undefined, 'there is no release yet', 'deploy first'],
  ['nothing is live, and one is asked for', [], 1, 'there is no release yet', 'deploy first'],
  [
    'the first',
    [release(1)],
    undefined,
    'release 1 is the first: there is none before it',
    'deploy a fixed version',
  ],
  [
    'rolled back to the first',
    [...three, back(2), back(1)],
    undefined,
    'release 1 is the first: there is none before it',
    'deploy a fixed version',
  ],
  ['the live one', three, 3, 'release 3 is live already', '--list shows the releases'],
  ['one that never was', three, 9, 'there is no release 9', '--list shows the releases'],
  [
    'one whose line is lost',
    [release(1), release(3)],
    undefined,
    'there is no release 2',
    '--list shows the releases',
  ],
]
for (const [what, releases, to, message, fix] of nowhere)
  targets(`${what}: nowhere`, async () => {
    const failure = await failureOf(() => targetOf(releases, to))
    assert.equal([failure.what, failure.fix, failure.exitCode], [message, fix, 1])
  })

targets.run()

const tables = suite('rollback-target: --list')

tables('newest first, each once, the live one marked', () =>
  assert.is(
    releaseTable([...three.slice(0, 2), release(3, { schema: null }), back(2)], 9_000_000 + 5 * 60_000),
    [
      '        release  tag     backend       schema  live since      by',
      '        3        main-3  030303030303  empty   2 h 32 min ago  ada',
      '* live  2        main-2  020202020202  rev2    5 min 00 s ago  ada',
      '        1        main-1  010101010101  rev1    2 h 34 min ago  ada',
    ].join('\n'),
  ),
)

tables('before the first deploy', () => assert.is(releaseTable([], 0), 'no releases yet'))

tables.run()
