import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WriteStream } from 'node:tty'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callFrom, isGitHub, redraws, variable, variables, wantsColour } from '../../../lib/base/caller.ts'
import { toolkit, withVariables } from '../fixtures.ts'

const caller = suite('base/caller: the environment that we were called with')

caller('an empty variable counts as missing, and is there where all are wanted as they are', () =>
  withVariables({ ONE_SET: 'x', ONE_EMPTY: '', ONE_GONE: undefined }, () => {
    assert.equal(['ONE_SET', 'ONE_EMPTY', 'ONE_GONE'].map(variable), ['x', undefined, undefined])
    assert.equal(variables(/^ONE_/), { ONE_SET: 'x', ONE_EMPTY: '' })
    assert.equal(variables(), { ...process.env })
  }),
)

caller("GitHub's runner says true, and nothing else counts", async () => {
  for (const [said, is] of [
    ['true', true],
    ['', false],
    ['1', false],
    [undefined, false],
  ] as const)
    await withVariables({ GITHUB_ACTIONS: said }, () => assert.is(isGitHub(), is))
})

const stream = (isTTY: boolean | undefined) => ({ isTTY }) as unknown as WriteStream

for (const [isTTY, TERM, NO_COLOR, drawn, coloured] of [
  [true, 'xterm', undefined, true, true],
  [true, undefined, '', true, true],
  [true, 'xterm', '1', true, false],
  [true, 'dumb', undefined, false, false],
  [false, 'xterm', undefined, false, false],
  [undefined, 'xterm', undefined, false, false],
] as const)
  caller(`a terminal: ${isTTY}, TERM=${TERM}, NO_COLOR=${NO_COLOR}`, () =>
    withVariables({ TERM, NO_COLOR }, () =>
      assert.equal([redraws(stream(isTTY)), wantsColour(stream(isTTY))], [drawn, coloured]),
    ),
  )

caller('what a client elsewhere was called with is ours, and its word to us goes no further', () =>
  withVariables({ OURS: 'stays', TOLD: 'x', THEIRS: 'before' }, () => {
    callFrom({ THEIRS: 'after' }, 'TOLD')
    assert.equal(variables(/^(OURS|TOLD|THEIRS)$/), { OURS: 'stays', THEIRS: 'after' })
  }),
)

caller('docs/configuration.md has every variable that is read by its name', () => {
  const table = readFileSync(join(toolkit, 'docs', 'configuration.md'), 'utf8')
  const files = ['lib', 'scripts', 'environments'].flatMap(directory =>
    readdirSync(join(toolkit, directory), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(join(toolkit, directory, file), 'utf8')),
  )
  const read = files.flatMap(text => [
    ...[...text.matchAll(/\b(?:variable|needed)\('(\w+)'\)|process\.env\['(\w+)'\]/g)].map(
      ([, a, b]) => a ?? b,
    ),
    ...[...text.matchAll(/const \{([^}]*)\} = (?:variables\(\)|process\.env)$/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/\b([A-Z][A-Z_]+)\b/g)].map(([name]) => name),
    ),
  ])
  assert.ok(read.length > 30, `${read.length} were found`)
  const isThere = (name: string): boolean =>
    [name, name.replace(/^GITHUB(?=_)/, '')].some(word => new RegExp(`\`${word}\\b`).test(table))
  const missing = [...new Set(read)].filter(name => !isThere(`${name}`))
  assert.equal(missing, [])
})

caller.run()
