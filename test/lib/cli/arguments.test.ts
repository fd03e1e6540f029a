import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../../lib/base/failure.ts'
import { parse, wordsOf } from '../../../lib/cli/arguments.ts'
import { command, fix, type options, worded } from '../base/command.ts'

const nothing = {
  environment: undefined,
  tag: undefined,
  kind: undefined,
  wait: undefined,
  'dry-run': false,
  yes: false,
}

const huge = 'x'.repeat(10 * 1024 * 1024)

const parsing = suite('arguments: what is understood')

const understood: [args: string[], given: Partial<Record<keyof typeof options, string | boolean>>][] = [
  [[], {}],
  [['-e', 'staging'], { environment: 'staging' }],
  [['-estaging'], { environment: 'staging' }],
  [['--environment', 'staging'], { environment: 'staging' }],
  [['--environment=staging'], { environment: 'staging' }],
  [['-y'], { yes: true }],
  [['-ye', 'staging'], { yes: true, environment: 'staging' }],
  [['--tag', '007'], { tag: '007' }], // never the number 7
  [['--tag', '1e3'], { tag: '1e3' }],
  [['--tag', 'true'], { tag: 'true' }],
  [['--tag', 'a b'], { tag: 'a b' }],
  [['--tag', 'a\nb\u001b[31m'], { tag: 'a\nb\u001b[31m' }], // judged by whoever knows what a tag is
  [['--tag', '日本 🚢'], { tag: '日本 🚢' }],
  [['--tag', '$(id); `id`'], { tag: '$(id); `id`' }],
  [['--tag=--yes'], { tag: '--yes' }],
  [['--tag', huge], { tag: huge }],
  [['--kind', 'b'], { kind: 'b' }],
  [['--wait'], { wait: '15m' }],
  [['--wait', '5m'], { wait: '5m' }],
  [['--wait=5m'], { wait: '5m' }],
  [['--wait', '--yes'], { wait: '15m', yes: true }],
  [['--wait', '-e', 'staging'], { wait: '15m', environment: 'staging' }],
  [['--dry-run'], { 'dry-run': true }],
  [['--yes', '--'], { yes: true }],
]
for (const [args, given] of understood)
  parsing(JSON.stringify(args).slice(0, 60), () =>
    assert.equal(parse(command, args), { ...nothing, ...given }),
  )

for (const args of [['-h'], ['--help'], ['--help', '-e', 'staging', '--yes'], ['-yh']])
  parsing(`${args.join(' ')} asks for help`, () => assert.is(parse(command, args), 'help'))

parsing.run()

const strictness = suite('arguments: what is refused')

const refused: [args: string[], message: string][] = [
  [['--tga'], 'there is no option "--tga"'],
  [['--tga=x'], 'there is no option "--tga"'],
  [['--TAG', 'x'], 'there is no option "--TAG"'],
  [['--no-yes'], 'there is no option "--no-yes"'],
  [['-z'], 'there is no option "-z"'],
  [['-yz'], 'there is no option "-z"'],
  [['---yes'], 'there is no option "---yes"'],
  [['--__proto__'], 'there is no option "--__proto__"'],
  [['--constructor=x'], 'there is no option "--constructor"'],
  [["--it's"], `there is no option "--it's"`],
  [["--a' or 'b"], `there is no option "--a' or 'b"`],
  [['--tag\n'], 'there is no option "--tag\\n"'],
  [['--\u001b[2Jx'], 'there is no option "--\\u001b[2Jx"'],
  [['--tag\u200b'], 'there is no option "--tag\\u200b"'], // looks like --tag
  [[`--${huge}`], `there is no option "--${'x'.repeat(78)}…" (10485762 characters)`],
  [['--help', '--tga'], 'there is no option "--tga"'],
  [['--tag'], '--tag needs a value: <tag>'],
  [['-e'], '--environment needs a value: <name>'],
  [['--tag', ''], '--tag is empty; expected <tag>'],
  [['--tag='], '--tag is empty; expected <tag>'],
  [['--wait='], '--wait is empty; expected duration'],
  [['--wait', ''], '--wait is empty; expected duration'],
  [
    ['--tag', '-x'],
    '--tag is followed by a word with a leading dash; expected <tag> (write --tag=… if you mean it)',
  ],
  [
    ['--tag', '--wait'],
    '--tag is followed by a word with a leading dash; expected <tag> (write --tag=… if you mean it)',
  ],
  [
    ['-e', '-y'],
    '--environment is followed by a word with a leading dash; expected <name> (write --environment=… if you mean it)',
  ],
  [['--yes=1'], '--yes takes no value'],
  [['--yes='], '--yes takes no value'],
  [["--yes=it's"], '--yes takes no value'],
  [['--help=yes'], '--help takes no value'],
  [['--dry-run', 'x'], '"x" belongs to no option'],
  [['--dry-run', 'false'], '"false" belongs to no option'],
  [['production'], '"production" belongs to no option'],
  [['--wait', '5m', '10m'], '"10m" belongs to no option'],
  [['--', '--wait'], '"--wait" belongs to no option'],
  [['-'], '"-" belongs to no option'],
  [[''], '"" belongs to no option'],
  [["it's"], `"it's" belongs to no option`],
  [['—yes'], '"—yes" belongs to no option'], // a dash of another kind, from a copied web page
  [['a\nb'], '"a\\nb" belongs to no option'],
  [['\u001b]0;title\u0007'], '"\\u001b]0;title\\u0007" belongs to no option'],
  [['\u202egpj.exe'], '"\\u202egpj.exe" belongs to no option'],
  [[huge], `"${'x'.repeat(80)}…" (10485760 characters) belongs to no option`],
  [['--yes', '--yes'], '--yes is given twice'],
  [['-y', '--yes'], '--yes is given twice'],
  [['-e', 'a', '--environment', 'a'], '--environment is given twice'],
  [['--wait', '--wait', '5m'], '--wait is given twice'],
  [['--kind', 'c'], '--kind is "c"; expected a or b'],
  [['--kind', 'A'], '--kind is "A"; expected a or b'],
  [['--kind', '\u001b[2J'], '--kind is "\\u001b[2J"; expected a or b'],
]
for (const [args, message] of refused)
  strictness(JSON.stringify(args).slice(0, 60), () => {
    try {
      parse(command, args)
    } catch (error) {
      assert.instance(error, UsageError)
      const { what, detail, fix: said, exitCode } = error as UsageError // the line above says so
      assert.equal(
        { what, detail, said, exitCode },
        { what: message, detail: undefined, said: fix, exitCode: 2 },
      )
      return
    }
    assert.unreachable('it was understood')
  })

strictness.run()

const words = suite('arguments: words without a dash')

const accepted: [args: string[], words: string[]][] = [
  [['check'], ['check']],
  [
    ['rotate', 'all', '-e', 'x'],
    ['rotate', 'all'],
  ],
  [
    ['-e', 'x', 'rotate', '--yes', 'all'],
    ['rotate', 'all'],
  ],
]
for (const [args, found] of accepted)
  words(args.join(' '), () => {
    assert.equal(wordsOf(worded, args), found)
    assert.is.not(parse(worded, args), 'help')
  })

const unknown: [args: string[], what: string][] = [
  [[], 'a word is missing; expected check or rotate'],
  [['all'], '"all" is not known here; expected check or rotate'],
  [['check', 'none'], '"none" is not known here; expected all'],
  [['check', 'all', 'all'], '"all" belongs to no option'],
  [['check', '--', '-x'], '"-x" is not known here; expected all'],
]
for (const [args, what] of unknown)
  words(`refused: ${args.join(' ') || 'none'}`, () => {
    try {
      wordsOf(worded, args)
    } catch (error) {
      assert.instance(error, UsageError)
      assert.equal([(error as UsageError).what, (error as UsageError).fix], [what, fix])
      return
    }
    assert.unreachable('it was accepted')
  })

words.run()
