import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { githubRenderer } from '../../../lib/run/output/github.ts'
import { problemOutput, stepOutput } from '../../../lib/run/workflow-command.ts'
import { captured, inTemporary, withVariables } from '../fixtures.ts'
import { failure, success } from './output/scene.ts'

const outputs = suite("step-output: a workflow step's outputs")

const form = /^(?<name>[\w-]+)<<(?<delimiter>end-[0-9a-f-]{36})\n(?<value>[\s\S]*)\n\k<delimiter>\n$/

for (const value of ['', 'develop-3f1c9a0', 'two\nlines', 'EOF\nname=planted', 'end-\n', '$(id) `id` \u202e'])
  outputs(`${JSON.stringify(value)} arrives as it is`, () => {
    const { name, value: arrived } = form.exec(stepOutput('tag', value))?.groups ?? {}
    assert.is(name, 'tag')
    assert.is(arrived, value)
  })

outputs('a problem that quotes a log has an end, and no control characters', () => {
  const said = problemOutput({ what: 'it failed', detail: `\u001b[2J${'x'.repeat(10_000_000)}` })
  assert.match(said, /^problem<<\S+\nit failed\n {2}x/)
  assert.match(said, /x\n…\nend-\S+\n$/)
  assert.ok(said.length < 21_000)
})

outputs('no two delimiters are the same', () => assert.is.not(stepOutput('a', ''), stepOutput('a', '')))

for (const [events, outcome, problem] of [
  [success, 'done', ''],
  [failure, 'rolled back', 'backend-green is unhealthy\n  the end of its log:'],
] as const)
  outputs(`a run that is ${outcome} says so, and why`, () =>
    inTemporary(async directory => {
      const output = join(directory, 'output')
      await withVariables({ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: '' }, () =>
        captured(() => {
          const render = githubRenderer()
          for (const event of events) render(event)
        }),
      )
      const text = readFileSync(output, 'utf8')
      assert.match(text, new RegExp(`^outcome<<(\\S+)\\n${outcome}\\n\\1\\nproblem<<(\\S+)\\n${problem}`))
    }),
  )

outputs.run()
