import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerSecret } from '../../../lib/base/redact.ts'
import { bytes, columns, count, duration, lastLines, printable, shown } from '../../../lib/base/text.ts'

const showing = suite('text: a value that somebody gave us')

const values: [value: string, shown: string][] = [
  ['main', '"main"'],
  ['', '""'],
  ['a b', '"a b"'],
  ['say "hi"', '"say \\"hi\\""'],
  ['a\\b', '"a\\\\b"'],
  ['a\nb', '"a\\nb"'],
  ['a\r\tb', '"a\\r\\tb"'],
  ['\0', '"\\u0000"'],
  ['\u001b[31mred', '"\\u001b[31mred"'],
  ['\u009b31m', '"\\u009b31m"'], // the one-character form of the same
  ['\u007f', '"\\u007f"'],
  ['\u202etxt.exe', '"\\u202etxt.exe"'],
  ['\u2066x\u2069', '"\\u2066x\\u2069"'],
  ['a\u2028b', '"a\\u2028b"'],
  ['prod\u200buction', '"prod\\u200buction"'],
  ['a\u00a0b', '"a\\u00a0b"'],
  ['\ufeffx', '"\\ufeffx"'],
  ['\u{e0041}', '"\\u{e0041}"'],
  ['grüße 日本 😀', '"grüße 日本 😀"'],
  ['x'.repeat(80), `"${'x'.repeat(80)}"`],
  ['x'.repeat(81), `"${'x'.repeat(80)}…" (81 characters)`],
  ['\0'.repeat(81), `"${'\\u0000'.repeat(80)}…" (81 characters)`],
  [`${'x'.repeat(79)}😀`, `"${'x'.repeat(79)}\\ud83d…" (81 characters)`],
]
for (const [value, expected] of values)
  showing(expected.slice(0, 40), () => assert.is(shown(value), expected))

showing('a secret that is longer than what is shown, or begins near its end: nothing of it', () => {
  const secret = '0123456789abcdef'.repeat(6)
  registerSecret(secret)
  assert.is(shown(`password ${secret}`), '"password ••••••"')
  assert.not.match(shown(`${'a'.repeat(70)} ${secret}`), '0123')
})

showing.run()

const foreign = suite("text: another program's output")

const outputs: [output: string, printable: string][] = [
  ['plain\n\ttext', 'plain\n\ttext'],
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007x', 'x'],
  ['\u001b[2J\u001b[Hx', 'x'],
  ['10%\r20%', '10% 20%'],
  ['a\r\nb\r\n', 'a\nb\n'],
  ['\u001b[', '  ['.slice(1)],
  ['a\bb\u0000c\u009bd', 'a b c d'],
  ['a\u202eb\u2069c', 'a b c'],
]
for (const [output, expected] of outputs)
  foreign(`${JSON.stringify(output)} is printed as ${JSON.stringify(expected)}`, () =>
    assert.is(printable(output), expected),
  )

const tails: [output: string, count: number, lines: string][] = [
  ['', 3, ''],
  ['a', 3, 'a'],
  ['a\nb\nc\nd', 2, 'c\nd'],
  ['a\n\n \nb\n\n', 2, 'a\nb'],
  ['a  \n  b\t\n', 2, 'a\n  b'],
  ['Traceback:\n    x = 1 / 0\n        ~~^~~\nZeroDivisionError', 2, '    x = 1 / 0\nZeroDivisionError'],
  ['\u001b[31m\u001b[0m\nred\n', 1, 'red'],
]
for (const [output, number, lines] of tails)
  foreign(`the last ${number} lines of ${JSON.stringify(output)}`, () =>
    assert.is(lastLines(output, number), lines),
  )

foreign.run()

const numbers = suite('text: numbers for a person')

const durations: [ms: number, text: string][] = [
  [0, '0 ms'],
  [0.4, '0 ms'],
  [240, '240 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1000, '1.0 s'],
  [3249, '3.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_599_499, '59 min 59 s'],
  [3_599_500, '1 h 00 min'],
  [90 * 60_000, '1 h 30 min'],
  [50 * 3_600_000, '50 h 00 min'],
]
for (const [ms, text] of durations) numbers(`${ms} ms are ${text}`, () => assert.is(duration(ms), text))

const sizes: [bytes: number, text: string][] = [
  [0, '0 B'],
  [812, '812 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [14.2 * 1024 * 1024, '14.2 MiB'],
  [3 * 1024 ** 4, '3.0 TiB'],
  [5000 * 1024 ** 4, '5000.0 TiB'],
]
for (const [number, text] of sizes)
  numbers(`${number} bytes are ${text}`, () => assert.is(bytes(number), text))

const counts: [number: number, text: string][] = [
  [0, '0 requests'],
  [1, '1 request'],
  [2, '2 requests'],
]
for (const [number, text] of counts) numbers(text, () => assert.is(count(number, 'request'), text))

numbers.run()

const tables = suite('text: columns')

tables('are as wide as their widest cell, two spaces apart, with nothing behind the last', () =>
  assert.is(
    columns([
      ['live', 'blue', 'since yesterday'],
      ['', 'x'],
      ['a longer name', '', 'y'],
    ]),
    'live           blue  since yesterday\n               x\na longer name        y',
  ),
)

tables('of nothing are nothing', () => assert.is(columns([]), ''))

tables.run()
