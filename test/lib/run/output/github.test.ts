import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunEvent } from '../../../../lib/run/events.ts'
import { githubRenderer } from '../../../../lib/run/output/github.ts'
import { captured, inTemporary } from '../../fixtures.ts'
import { failure, finished, stepDone, success } from './scene.ts'

async function rendered(events: readonly RunEvent[], summary?: string): Promise<string> {
  const { stdout, stderr } = await captured(() => {
    const render = githubRenderer({ summary })
    for (const event of events) render(event)
  })
  assert.is(stderr, '', 'annotations are read from standard output alone')
  return stdout
}

const opening = [
  'deploy production  20260103-143000.000-deploy by ada',
  '::group::✓ Pull latest images · pulled 3f1c9a0b72de · 1.2 s',
  "$ docker pull 'x y'  (1.2 s, 0)",
  '::endgroup::',
  '::group::– Backup database · there is no database yet · 3 ms',
  '::endgroup::',
  '  an earlier run did not come to its end',
]

const log = suite("render/github: GitHub's log")

log('a run that went well: a group for each step, with its commands', async () =>
  assert.is(
    await rendered(success),
    [
      ...opening,
      '✓ deploy production done (1 min 05 s)',
      '  live    green, release 2',
      '  schema  a1b2',
      '',
    ].join('\n'),
  ),
)

log('a run that failed: the complete problem, in the log and as an annotation', async () =>
  assert.is(
    await rendered(failure),
    [
      ...opening,
      '::warning title=deploy production::the disk is 90%25 full%0A→ docker image prune',
      '::group::✗ Wait for green to be healthy · backend-green is unhealthy · 1 min 01 s',
      '::endgroup::',
      '✗ deploy production failed and was rolled back (1 min 05 s, exit code 4)',
      '  backend-green is unhealthy',
      '    the end of its log:',
      '    100% of 5 checks failed',
      '  → fix what its log says, build again and deploy',
      '::error title=deploy production%3A rolled back::backend-green is unhealthy%0A  the end of its log:' +
        '%0A  100%25 of 5 checks failed%0A→ fix what its log says, build again and deploy',
      '',
    ].join('\n'),
  ),
)

const escapes: [what: string, note: string, headline: string][] = [
  ['a percent sign', '50%', '50%25'],
  ['what looks like an escape', 'a%0Ab', 'a%250Ab'],
  ['several lines', 'a\nb\r\nc', 'a b c'],
]
for (const [what, note, headline] of escapes)
  log(`${what} in a note of a step`, async () =>
    assert.is(
      await rendered([stepDone({ note })]),
      `::group::✓ Pull latest images · ${headline} · 1.2 s\n::endgroup::\n`,
    ),
  )

log('in the title of an annotation, colons and commas as well', async () => {
  const stdout = await rendered([
    {
      type: 'run-started',
      at: 0,
      run: 'x',
      script: 'a,b:c%d',
      environment: 'e',
      who: 'ada',
      pid: 1,
    },
    { type: 'warning', at: 0, problem: { what: 'a,b:c%d\r\ne' } },
    finished(),
  ])
  assert.match(stdout, '\n::warning title=a%2Cb%3Ac%25d e::a,b:c%25d%0D%0Ae\n')
})

log("no program's output is taken for a command", async () => {
  const hostile = '::error::planted\n  ::stop-commands::x\n\u001b[0m::add-mask::y\n##[error]z'
  const stdout = await rendered([
    { type: 'step-started', at: 0, step: 1, title: 'Build' },
    { type: 'command', at: 0, text: `sh -c '\n${hostile}'`, ms: 1, code: 0 },
    stepDone({ title: 'Build', note: hostile }),
    { type: 'note', at: 0, text: hostile },
    finished({ outcome: 'failed', exitCode: 1, problem: { what: hostile, detail: hostile, fix: hostile } }),
  ])
  const commands = stdout.split('\n').filter(line => /^\s*::|##\[/.test(line))
  assert.equal(
    commands.map(line => line.trim().split(/[ :]+/)[1]),
    ['group', 'endgroup', 'error'],
  )
})

log.run()

const summary = suite('render/github: the summary page')

/** What is appended to the summary page. */
const page = (events: readonly RunEvent[]): Promise<string> =>
  inTemporary(async directory => {
    const file = join(directory, 'summary.md')
    writeFileSync(file, 'of an earlier step\n')
    await rendered(events, file)
    return readFileSync(file, 'utf8')
  })

summary('warnings, also those that GitHub drops from its annotations', async () => {
  const warnings = Array.from({ length: 12 }, (_, i) => ({
    ...{ type: 'warning', at: 0, problem: { what: `warning ${i + 1} of them`, fix: 'fix it' } },
  })) as RunEvent[]
  const text = await page([...warnings, finished()])
  for (let i = 1; i <= 12; i += 1) assert.match(text, `⚠ warning ${i} of them\n→ fix it\n`)
})

summary('of a run that went well', async () =>
  assert.is(
    await page(success),
    `of an earlier step
## ✅ deploy production: done in 1 min 05 s

| | |
|---|---|
| live | green, release 2 |
| schema | a1b2 |

| | Step | | Time |
|---|---|---|---|
| ✓ | Pull latest images | pulled 3f1c9a0b72de | 1.2 s |
| – | Backup database | there is no database yet | 3 ms |

`,
  ),
)

summary('of a run that failed', async () =>
  assert.is(
    await page(failure),
    `of an earlier step
## ❌ deploy production: rolled back in 1 min 05 s

\`\`\`text
backend-green is unhealthy
  the end of its log:
  100% of 5 checks failed
→ fix what its log says, build again and deploy
\`\`\`

\`\`\`text
⚠ the disk is 90% full
→ docker image prune
\`\`\`

| | Step | | Time |
|---|---|---|---|
| ✓ | Pull latest images | pulled 3f1c9a0b72de | 1.2 s |
| – | Backup database | there is no database yet | 3 ms |
| ✗ | Wait for green to be healthy | backend-green is unhealthy | 1 min 01 s |

`,
  ),
)

summary('nothing breaks out of its cell or of its box', async () => {
  const text = await page([
    stepDone({ note: 'a | b\nc' }),
    finished({ outcome: 'failed', exitCode: 1, problem: { what: 'x', detail: '```\n# planted\n```' } }),
  ])
  assert.match(text, '| a \\| b c |')
  assert.is(text.split('```').length, 3)
})

summary.run()
