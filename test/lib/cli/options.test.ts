import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../../lib/base/failure.ts'
import { type Command, commonOptions, parseDuration } from '../../../lib/base/options.ts'
import { shown } from '../../../lib/base/text.ts'
import { helpText } from '../../../lib/cli/help.ts'
import { parseDigests, parseTag } from '../../../lib/docker/images.ts'
import { failureOf } from '../fixtures.ts'

const durations = suite('options: a duration')

const understood: [text: string | undefined, ms: number][] = [
  [undefined, 0],
  ['0s', 0],
  ['1s', 1000],
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
  ['007m', 420_000],
  ['999999s', 999_999_000],
]
for (const [text, ms] of understood)
  durations(`${text} is ${ms} ms`, () => assert.is(parseDuration('wait', text), ms))

const noDurations =
  '|15|m|15 m| 15m|15m |15M|1.5h|-5m|+5m|1w|1h30m|1e3s|0x10s|１５m|15m\n|15ms|9999999s|NaN|∞|$(id)|15m;id'
for (const text of noDurations.split('|'))
  durations(`${shown(text)} is none`, async () => {
    const failure = await failureOf(() => parseDuration('wait', text))
    assert.instance(failure, UsageError)
    assert.is(failure.what, `--wait is ${shown(text)}; expected a duration such as 30s, 15m, 1h or 30d`)
    assert.is(failure.exitCode, 2)
  })

durations.run()

const tags = suite('options: a tag')

for (const tag of ['main', 'main-3f1c9a0', 'v1.2.3', '007', '_', 'A', 'a..b', 'a__b-', '1'.repeat(128)])
  tags(`${shown(tag)} is one, kept as it is`, () => assert.is(parseTag(tag), tag))

const noTags = [
  '',
  ' ',
  'a b',
  ' main',
  'main ',
  'main\n',
  'main\nlatest',
  'main\r',
  'main\0',
  '$(reboot)',
  '`reboot`',
  '$' + '{HOME}',
  'a;b',
  'a&b',
  'a|b',
  'a>b',
  'a*',
  'a?',
  'a!',
  '~',
  "it's",
  '"main"',
  'a\\b',
  'a/b',
  '../etc',
  '..',
  '.hidden',
  '-x',
  '--privileged',
  'a:b',
  'a@b',
  'main@sha256:00',
  'mäin',
  'mаin', // a Cyrillic а
  '日本',
  '🚢',
  'main\u200b',
  '\u202emain',
  '\u001b[2Jmain',
  'a'.repeat(129),
  'a'.repeat(10_000_000),
]
for (const tag of noTags)
  tags(`${shown(tag).slice(0, 40)} is none`, async () => {
    const failure = await failureOf(() => parseTag(tag))
    assert.instance(failure, UsageError)
    assert.is(
      failure.what,
      `--tag is ${shown(tag)}; expected letters, digits and _ . - (at most 128, no leading . or -), such as main-3f1c9a0`,
    )
    assert.not.match(failure.what, /[\p{Cc}\p{Cf}]/u)
    assert.ok(failure.what.length < 300)
  })

tags.run()

const common = suite('options: common to every script')

common('their help fits into 110 columns beside the longest option of a script', () => {
  const command: Command<typeof commonOptions> = {
    name: 'rollback',
    summary: '',
    options: commonOptions,
    examples: [],
    run: async () => 0,
  }
  for (const line of helpText(command).split('\n')) assert.ok(line.length <= 110, line)
})

common.run()

const digests = suite('options: digests')
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

digests('none', () => assert.is(parseDigests(undefined, undefined), undefined))
digests('both', () =>
  assert.equal(parseDigests(digest('a'), digest('b')), { backend: digest('a'), frontend: digest('b') }),
)
digests('one alone is refused', async () =>
  assert.is(
    (await failureOf(() => parseDigests(digest('a'), undefined))).what,
    '--frontend-digest is not given, but the other one is; expected sha256: and 64 hexadecimal digits, as the build prints it',
  ),
)
for (const bad of [
  '',
  'main',
  digest('A'),
  digest('a').slice(1),
  `${digest('a')}\n`,
  `${digest('a')} --privileged`,
  '$(id)',
])
  digests(`${shown(bad)} is none`, async () => {
    const failure = await failureOf(() => parseDigests(bad, digest('b')))
    assert.instance(failure, UsageError)
    assert.match(failure.what, `--backend-digest is ${shown(bad)}; expected sha256:`)
  })

digests.run()
