import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseRenderer } from '../../../../lib/run/output/choose.ts'
import { captured, inTemporary, withVariables } from '../../fixtures.ts'
import { failure, success } from './scene.ts'

const nobody = {
  GITHUB_ACTIONS: undefined,
  GITHUB_STEP_SUMMARY: undefined,
  NO_COLOR: undefined,
  TERM: 'xterm',
}

/** What a run prints where standard output is a terminal, or is none. */
async function printed(
  terminal: boolean,
  variables: Readonly<Record<string, string | undefined>>,
  json = false,
): Promise<string> {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
  Object.defineProperty(process.stdout, 'isTTY', { value: terminal, configurable: true })
  try {
    const { stdout } = await withVariables({ ...nobody, ...variables }, () =>
      captured(() => {
        const render = chooseRenderer({ json, verbose: false })
        for (const event of success) render(event)
      }),
    )
    return stdout
  } finally {
    if (before) Object.defineProperty(process.stdout, 'isTTY', before)
    else Reflect.deleteProperty(process.stdout, 'isTTY')
  }
}

const moves = /\u001b\[K/
const colours = /\u001b\[\d+m/

const choosing = suite('render/choose: the output that suits its reader')

choosing('a terminal: colours, and a line that says what runs now', async () => {
  const text = await printed(true, {})
  assert.match(text, moves)
  assert.match(text, colours)
})

choosing('a terminal with NO_COLOR: no colours', async () => {
  const text = await printed(true, { NO_COLOR: '1' })
  assert.match(text, moves)
  assert.not.match(text, colours)
})

choosing('an empty NO_COLOR asks for nothing (no-color.org)', async () =>
  assert.match(await printed(true, { NO_COLOR: '' }), colours),
)

choosing('a terminal that can do nothing: lines', async () => {
  const text = await printed(true, { TERM: 'dumb' })
  assert.not.match(text, /\u001b/)
})

choosing('a file or a pipe: lines', async () => {
  const text = await printed(false, {})
  assert.not.match(text, /\u001b/)
  assert.match(text, '  ✓ Pull latest images  pulled 3f1c9a0b72de')
})

choosing("GitHub's log: groups, and a summary page", () =>
  inTemporary(async directory => {
    const file = join(directory, 'summary.md')
    const text = await printed(false, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file })
    assert.match(text, '::group::✓ Pull latest images')
    assert.ok(existsSync(file))
  }),
)

choosing('--json: every event as a line, wherever it goes, and nothing else', async () => {
  for (const variables of [{}, { GITHUB_ACTIONS: 'true' }, { NO_COLOR: '1' }])
    for (const terminal of [true, false]) {
      const text = await printed(terminal, variables, true)
      assert.equal(
        text
          .split('\n')
          .slice(0, -1)
          .map(line => JSON.parse(line)),
        JSON.parse(JSON.stringify(success)),
      )
    }
})

choosing('--json: a failure is on standard output, too, where a program reads', async () => {
  const { stdout, stderr } = await captured(() => {
    const render = chooseRenderer({ json: true, verbose: false })
    for (const event of failure) render(event)
  })
  assert.is(stderr, '')
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  assert.equal(
    [last.type, last.exitCode, last.problem.what],
    ['run-finished', 4, 'backend-green is unhealthy'],
  )
})

choosing.run()
