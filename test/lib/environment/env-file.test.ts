import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatEnvFile, parseEnvFile, withValues } from '../../../lib/environment/env-file.ts'

/** Read alike by dotenv, Compose v1 and Compose v2 (tried with `config` of 1.29 and 2.26). */
const accepted: [written: string, value: string][] = [
  ['', ''],
  ["''", ''],
  ['plain', 'plain'],
  ['two words', 'two words'],
  ['two  spaces', 'two  spaces'],
  ['x=y', 'x=y'],
  ['=', '='],
  ['aGVsbG8=', 'aGVsbG8='],
  ['postgresql://u:p%40@db:5432/x?a=b&c=d', 'postgresql://u:p%40@db:5432/x?a=b&c=d'],
  ['a;b&c|d>e<f', 'a;b&c|d>e<f'],
  ['(a) [b] {{c}}', '(a) [b] {{c}}'],
  ['~', '~'],
  ['*', '*'],
  ['!x', '!x'],
  ['- a', '- a'],
  ['a: b', 'a: b'],
  ['null', 'null'],
  ['0777', '0777'],
  ['1e3', '1e3'],
  ['grüße 😀', 'grüße 😀'],
  ["' around '", ' around '],
  ["'#'", '#'],
  ["'a$b$$c$'", 'a$b$$c$'],
  ["'$HOME $1'", '$HOME $1'],
  ["'a # b'", 'a # b'],
  [`'"quoted" and \`ticked\`'`, '"quoted" and `ticked`'],
  [`'{"key": [1]}'`, '{"key": [1]}'],
]

const reading = suite('env-file: what is read')

for (const [written, value] of accepted)
  reading(`KEY=${written}`, () =>
    assert.equal(parseEnvFile(`KEY=${written}\n`, 'f'), { values: { KEY: value }, problems: [] }),
  )

reading('dotenv reads every accepted line as we do, alone and all in one file', () => {
  const lines = accepted.map(([written], i) => `KEY_${i}=${written}`)
  const text = [`# it's a comment with "quotes", $dollars and \`ticks\``, '', ...lines, ''].join('\n')
  const { values, problems } = parseEnvFile(text, 'f')
  assert.equal(problems, [])
  assert.equal(values, parse(text))
  assert.equal(
    values,
    Object.fromEntries(accepted.map(([, value], i) => [`KEY_${i}`, value])),
    'and as it was meant',
  )
})

reading('an empty value does not swallow the line below, whatever that is', () => {
  for (const below of ["B='x'", '# x', '', 'B=', "# 'x'"]) {
    const text = `A=\n${below}\nC=3\n`
    assert.is(parseEnvFile(text, 'f').values['A'], '')
    assert.is(parseEnvFile(text, 'f').values['C'], '3')
    assert.equal(parseEnvFile(text, 'f').values, parse(text))
  }
})

reading('a file without a last newline, and one of nothing', () => {
  assert.equal(parseEnvFile('A=1', 'f').values, { A: '1' })
  assert.equal(parseEnvFile('', 'f'), { values: {}, problems: [] })
  assert.equal(parseEnvFile('\n\n# x\n', 'f'), { values: {}, problems: [] })
})

reading('ten thousand keys', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `K${i}=${i}`).join('\n')
  assert.is(Object.keys(parseEnvFile(text, 'f').values).length, 10_000)
})

reading.run()

const refusing = suite('env-file: what is refused, with its line')

const noPair = 'expected KEY=value, with nothing before the key and no white space before the ='
const differs = (character: string): string =>
  `KEY has a ${character} in it, which the programs that read this file understand differently; ` +
  "use letters, digits and -_.:/@%+=, or single quotes around a value without ' \\ ${"
const space = 'KEY begins or ends with white space; put single quotes around it'
const control = 'KEY has a control character in it; remove it'
const separator = 'has a Unicode line separator in it; remove that character'
const carriage = 'has a carriage return in it; save the file with Unix line ends'
const mark = 'begins with a byte order mark; save the file as UTF-8 without one'

const refused: [line: string, problem: string][] = [
  ['KEY=a#b', differs('#')],
  ['KEY=a # comment', differs('#')],
  ['KEY=#b', differs('#')],
  ['KEY=$HOME', differs('$')],
  ['KEY=a$$b', differs('$')],
  ['KEY=$' + '{A:-b}', differs('$')],
  ["KEY='$" + "{HOME}'", differs('$' + '{')],
  ['KEY="quoted"', differs('"')],
  ['KEY="a\\nb"', differs('"')],
  ['KEY=a"b', differs('"')],
  ["KEY=it's", differs("'")],
  ["KEY='it's'", differs("'")],
  ["KEY='a'b'", differs("'")],
  ["KEY='a' 'b'", differs("'")],
  ["KEY='unterminated", differs("'")],
  ["KEY='", differs("'")],
  ["KEY='a' # comment", differs("'")],
  ["KEY='a\\'", differs('\\')],
  ['KEY=a\\b', differs('\\')],
  ['KEY=`id`', differs('`')],
  ['KEY= a', space],
  ['KEY=a ', space],
  ['KEY= ', space],
  ['KEY=\u00a0a', space],
  ['KEY=a\u3000', space],
  ["KEY= 'a'", differs("'")],
  ['KEY=\u0000', control],
  ['KEY=\u001b[31mred', control],
  ['KEY=a\tb', control],
  ["KEY='a\tb'", control],
  ['KEY=a\u0085b', control],
  ['KEY=a\u2028b', separator],
  ["KEY='a\u2029b'", separator],
  ['# a comment\u2028KEY=smuggled', separator],
  ['KEY=a\r', carriage],
  ['\r', carriage],
  ['# a comment\rKEY=smuggled', carriage],
  ['\ufeffKEY=a', mark],
  ['KEY', noPair],
  ['export KEY=a', noPair],
  [' KEY=a', noPair],
  ['\tKEY=a', noPair],
  ['KEY =a', noPair],
  ['KEY: a', noPair],
  ['KEY-A=a', noPair],
  ['KEY.A=a', noPair],
  ['1KEY=a', noPair],
  ['=a', noPair],
  ['   ', noPair],
  ['; KEY=a', noPair],
  ['SCHLÜSSEL=a', noPair],
]
for (const [line, problem] of refused)
  refusing(JSON.stringify(line), () =>
    assert.equal(parseEnvFile(`# first\nOTHER=1\n${line}\nLAST=1\n`, '/x/.env.production'), {
      values: {},
      problems: [{ what: `/x/.env.production line 3: ${problem}` }],
    }),
  )

refusing('a key that is given twice: one reader takes the first, another the last', () =>
  assert.equal(parseEnvFile('KEY=1\nOTHER=1\nKEY=1\n', 'f').problems, [
    { what: 'f line 3: KEY is given twice' },
  ]),
)

refusing('all problems at once, each with its own line', () =>
  assert.equal(
    parseEnvFile('A=1\nB="2"\nC\nD= 4\nE=5\n', 'f').problems.map(({ what }) => what.slice(0, 10)),
    ['f line 2: ', 'f line 3: ', 'f line 4: '],
  ),
)

refusing('no message has any part of a value in it, nor of a line that may be a piece of one', () => {
  const secret = 'hunter2SECRET'
  const hostile = [
    `KEY="${secret}"`,
    `KEY='${secret}`,
    `KEY=${secret}#`,
    `KEY= ${secret}`,
    `KEY=$${secret}`,
    secret,
    `${secret}==`.replace('S', '+'),
    `-----${secret}`,
    ` ${secret}=${secret}`,
    `export ${secret}=x`,
    `KEY: ${secret}`,
    `KEY=${secret}\r`,
    `KEY=${secret}\t`,
    `KEY=${secret}\u2028`,
  ]
  for (const line of hostile) {
    const { problems } = parseEnvFile(line, 'f')
    assert.is(problems.length, 1, line)
    assert.not.match(JSON.stringify(problems), /hunter2|SECRET/)
  }
})

refusing.run()

const writing = suite('env-file: what is written')

writing('a comment, then a line for each value, quoted only where it must be', () =>
  assert.is(
    formatEnvFile('Made by us.\nDo not edit.', { A: 'plain', B: '', C: ' x ', D: 'a#b', E: 'a b' }),
    "# Made by us.\n# Do not edit.\nA=plain\nB=\nC=' x '\nD='a#b'\nE=a b\n",
  ),
)

for (const [, value] of accepted)
  writing(`${JSON.stringify(value)} comes back as it was`, () => {
    const text = formatEnvFile('x', { KEY: value, OTHER: 'y' })
    assert.equal(parseEnvFile(text, 'f'), { values: { KEY: value, OTHER: 'y' }, problems: [] })
    assert.equal(parse(text), { KEY: value, OTHER: 'y' })
  })

for (const value of ["it's", "'x'", 'a$' + '{b}', 'a\\b', 'a\nb', 'a\rb', 'a\0b', 'a\u2028b', '\t'])
  writing(
    `${JSON.stringify(value)} cannot be written for every reader, and is named by its key alone`,
    () => {
      try {
        formatEnvFile('x', { KEY: value })
      } catch (error) {
        assert.instance(error, TypeError)
        assert.is(String(error), 'TypeError: KEY cannot be written to a .env file')
        return
      }
      assert.unreachable('it was written')
    },
  )

writing('other values in a file: its comments, its order and its other lines stay', () => {
  const before = "# ours\nA=1\n\nB='two words'\n# A=not this one\nAB=3"
  assert.is(
    withValues(before, { A: 'x y ', NEW: 'z' }),
    "# ours\nA='x y '\n\nB='two words'\n# A=not this one\nAB=3\nNEW=z\n",
  )
  assert.is(withValues('A=1\n', { A: '1' }), 'A=1\n')
})

writing.run()
