import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerSecret } from '../../../../lib/base/redact.ts'
import { here } from '../../../../lib/operations/status/facts.ts'
import { entries, historyTable } from '../../../../lib/operations/status/history.ts'
import { factsAsJson } from '../../../../lib/operations/status/json.ts'
import { performanceText } from '../../../../lib/operations/status/performance.ts'
import { prometheus } from '../../../../lib/operations/status/prometheus.ts'
import { summaryOf } from '../../../../lib/operations/status/runs.ts'
import { screen } from '../../../../lib/operations/status/screen.ts'
import { parseBytes, parseUsage } from '../../../../lib/operations/status/usage.ts'
import { moment, percent, span } from '../../../../lib/operations/status/words.ts'
import { backup } from '../../backup/fixtures.ts'
import { day, environmentIn, images, release } from '../../fixtures.ts'
import { facts, is, isNot, now, run } from './fixtures.ts'

const plain = (text: string): string => text
const staging = () =>
  facts({
    environment: environmentIn('/home/tracehub/staging', { name: 'staging' }),
    users: isNot('refused'),
  })

const shown = suite('status: the screen')
shown('below each other where there is little room', () => {
  const lines = screen([facts(), staging()], 80, plain).split('\n')
  assert.ok(lines.indexOf('✗ staging: 1 problem') > lines.indexOf('✓ production: all is well'))
})
shown('beside each other where there is much, no line longer than it', () => {
  const lines = screen([facts(), staging()], 160, plain).split('\n')
  assert.match(lines[0] ?? '', /^✓ production: all is well +✗ staging: 1 problem$/)
  for (const line of lines) assert.ok(line.length <= 160, line)
})
shown('what is wrong comes last and is never cut', () => {
  const long = 'x'.repeat(300)
  const text = screen([facts({ users: isNot(long) }), staging()], 160, plain)
  assert.match(text, `✗ production: users are not served as they should be: ${long}\n`)
})
shown('an environment that is not on this machine is left out, unless none is', () => {
  const away = { isThere: false, containers: is([]) }
  const production = facts()
  assert.equal(here([production, facts(away)]), [production])
  assert.is(here([facts(away), facts({ ...away, containers: isNot('no engine') })]).length, 2)
  assert.is(here([production, facts({ isThere: false })]).length, 2, 'its directory is gone, and it runs')
})
shown('what is not known is said', () => {
  const down = { engine: isNot('no'), containers: isNot('no engine'), traffic: isNot('no socket') }
  const text = screen([facts({ ...down, database: isNot('gone'), head: isNot('gone') })], 80, plain)
  assert.match(text, /^ {2}database +not known: gone$/m)
  assert.match(text, /^ {2}proxy +not known: no socket$/m)
  assert.match(text, /^ {2}containers: not known: no engine$/m)
})
shown('an escape sequence in what others wrote does not reach the terminal', () => {
  const text = screen(
    [facts({ runs: is([run({ who: '\x1b[31mred' })]), users: isNot('\x1b]0;x\x07') })],
    80,
    plain,
  )
  assert.not.match(text, /[\x1b\x07]/)
})
shown('as JSON, what is not known is null and says why', () => {
  const json = factsAsJson(facts({ database: isNot('gone') }))
  assert.is(json['database'], null)
  assert.equal(json['unknown'], { database: 'gone' })
  assert.is(JSON.parse(JSON.stringify(json)).containers.length, 4)
})
shown.run()

const metrics = suite('status: metrics')
const name = '[a-z][a-z0-9_]*'
const label = `${name}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`
const line = new RegExp(
  `^(# HELP ${name} .+|# TYPE ${name} (gauge|counter)|${name}\\{${label}(,${label})*\\} -?\\d+(\\.\\d+)?(e[+-]?\\d+)?)$`,
)
metrics('each line is of the format, each metric is declared once, each sample is there once', () => {
  const text = prometheus([facts(), staging()])
  const lines = text.slice(0, -1).split('\n')
  for (const one of lines) assert.match(one, line)
  const samples = lines.filter(one => !one.startsWith('#')).map(one => one.replace(/ \S+$/, ''))
  const types = lines.filter(one => one.startsWith('# TYPE'))
  assert.is(new Set(samples).size, samples.length)
  assert.is(new Set(types).size, types.length)
  assert.match(
    text,
    'tracehub_users_served{environment="production"} 1\ntracehub_users_served{environment="staging"} 0\n',
  )
})
metrics('whatever a label holds', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', '\n', '\r', '{', '}', ' ', '#') }),
      tag => {
        const text = prometheus([facts({ release: release(1, { tag }) })])
        const found = text.split('\n').filter(one => one.startsWith('tracehub_release_info'))
        assert.is(found.length, 1)
        assert.match(found[0] ?? '', line)
      },
    ),
  )
})
metrics('what is not known has no sample', () =>
  assert.not.match(prometheus([facts({ database: isNot('gone') })]), /^tracehub_database_bytes/m),
)
metrics.run()

const history = suite('status: history')
history('a run, its release, its backup and what users noticed are one line', () => {
  const [one] = entries({
    runs: [run({ run: 'run-1', took: 20_000, noticed: { seen: 100, failed: 2 } })],
    releases: [release(1)],
    backups: [backup(now, { run: 'run-1' })],
    holder: undefined,
  })
  assert.equal(
    [one?.release, one?.tag, one?.schema, one?.result, one?.ms],
    [1, 'main-1', 'rev1', 'done', 20_000],
  )
  assert.equal([one?.backup, one?.requests], ['backup_20260131_120000.sql', { seen: 100, failed: 2 }])
})
history(
  'a failed run has what it was to bring live; a killed one is interrupted; one at work is at work',
  () => {
    const tried = { tag: 'main-2', images: images(2) }
    const found = entries({
      runs: [
        run({ run: 'a', outcome: 'rolled back', exitCode: 4, ...tried }),
        run({ run: 'b', outcome: undefined, ...tried }),
        run({ run: 'c', outcome: undefined, ...tried }),
      ],
      releases: [],
      backups: [],
      holder: { run: 'c', who: 'ada', pid: 1, since: now, log: '' },
    })
    assert.equal(
      found.map(({ result, tag, release: number }) => [result, tag, number]),
      [
        ['rolled back', 'main-2', null],
        ['interrupted', 'main-2', null],
        ['at work', 'main-2', null],
      ],
    )
    assert.match(historyTable(found, 300), ` ${'02'.repeat(6)} `)
  },
)
history('a release whose log is gone is there, too', () => {
  const [one] = entries({ runs: [], releases: [release(7)], backups: [], holder: undefined })
  assert.equal([one?.release, one?.result, one?.ms], [7, 'recorded', null])
})
history('a line each where there is room, two where there is not', () => {
  const found = entries({ runs: [run()], releases: [], backups: [], holder: undefined })
  assert.is(historyTable(found, 300).split('\n').length, 2)
  assert.is(historyTable(found, 60).split('\n').length, 4)
  assert.is(historyTable([], 80), 'no releases yet')
})
history("a run's log in a few words", () => {
  const started = {
    type: 'run-started',
    at: 5,
    run: 'r',
    script: 'deploy',
    environment: 'e',
    who: 'ada',
    pid: 1,
  } as const
  assert.is(summaryOf([]), undefined)
  assert.is(summaryOf([started])?.outcome, undefined)
  const summary = summaryOf([
    started,
    { type: 'target', at: 6, release: undefined, tag: 'v2', images: images(2) },
    { type: 'traffic', at: 7, seen: 10, failed: 1 },
    { type: 'run-finished', at: 8, ms: 3, outcome: 'rolled back', exitCode: 4 },
  ])
  assert.equal([summary?.tag, summary?.outcome, summary?.took], ['v2', 'rolled back', 3])
  assert.equal(summary?.noticed, { seen: 10, failed: 1 })
})
history.run()

const words = suite('status: words')
const spans: [ms: number, said: string][] = [
  [0, '0 s'],
  [89_000, '89 s'],
  [90_000, '2 min'],
  [5_340_000, '89 min'],
  [5_400_000, '2 h'],
  [47 * 3_600_000, '47 h'],
  [2 * day, '2 days'],
]
for (const [ms, said] of spans) words(`${ms} ms are ${said}`, () => assert.is(span(ms), said))
const shares: [share: number, said: string][] = [
  [0, '0 %'],
  [0.00001, 'below 0.01 %'],
  [0.0002, '0.02 %'],
  [0.05, '5.0 %'],
  [0.61, '61 %'],
]
for (const [share, said] of shares) words(said, () => assert.is(percent(share), said))
words('a moment', () => assert.is(moment(Date.UTC(2026, 0, 3, 14, 30)), '03 Jan 14:30'))
const sizes: [text: string, bytes: number][] = [
  ['0B', 0],
  ['58.5MiB', 61_341_696],
  ['3.04kB', 3040],
  ['1GiB', 2 ** 30],
  ['2TB', 2e12],
]
for (const [text, bytes] of sizes) words(text, () => assert.is(parseBytes(text), bytes))
words('what is no size is none', () => assert.ok(Number.isNaN(parseBytes('--'))))
words("docker's usage", () =>
  assert.equal(
    [...parseUsage('{"ID":"a","CPUPerc":"150.00%","MemUsage":"1MiB / 2MiB"}\n')],
    [['a', { cpu: 1.5, memory: 2 ** 20, memoryLimit: 2 ** 21 }]],
  ),
)
words('a query may hold a secret, and line breaks', () => {
  registerSecret('hunter2hunter2')
  const rows = [
    { waits_ms: 1500, size_bytes: 2048, dead_share: 0.5, query: "select 'hunter2hunter2'\n\tfrom \x1b[31mt" },
  ]
  const text = performanceText([{ title: 'T', rows, none: 'none' }], 200)
  assert.is(text, "T\n  waits  size     dead    query\n  1.5 s  2.0 KiB  50.0 %  select '••••••' from t")
})
words.run()
