import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../lib/base/shell.ts'
import { findings } from '../../actionlint.ts'
import { inTemporary } from '../../lib/fixtures.ts'
import { ensurePrograms } from '../apt.ts'
import { say } from '../harness.ts'
import { readAction, readWorkflow, type Step } from './shapes.ts'

const toolkit = join(import.meta.dirname, '..', '..', '..')
const github = join(toolkit, '.github')
const lint = suite('the workflows before anybody runs them')

lint.before(() => ensurePrograms(say, { shellcheck: ['shellcheck'] }))

lint('actionlint has nothing to say', () => assert.is(findings(toolkit), ''))

lint('and it would: a key of a workflow that is misspelt', () =>
  inTemporary(directory => {
    cpSync(github, join(directory, '.github'), { recursive: true })
    const file = join(directory, '.github', 'workflows', 'deploy-staging.yml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('permissions:', 'permisions:'))
    assert.match(findings(directory), 'unexpected key "permisions"')
  }),
)

const scripts: [where: string, step: Step][] = [
  ...readdirSync(join(github, 'workflows')).flatMap(file =>
    Object.entries(readWorkflow(join(github, 'workflows', file)).jobs).flatMap(([id, job]) =>
      (job.steps ?? []).map((step): [string, Step] => [`${file} ${id}`, step]),
    ),
  ),
  ...readdirSync(join(github, 'actions')).flatMap(name =>
    readAction(join(github, 'actions', name)).runs.steps.map((step): [string, Step] => [name, step]),
  ),
].filter(([, step]) => step.run !== undefined) as [string, Step][]

/** As actionlint calls it: the shell is known, and a script's end need not be the end of the world. */
const shellcheck = (script: string) =>
  attempt(['shellcheck', '--norc', '--shell', 'bash', '--exclude', 'SC1091,SC2194', '-'], { input: script })

for (const [where, { name, run = '' }] of scripts)
  lint(`shellcheck has nothing to say about ${where}: ${name ?? run.slice(0, 30)}`, async () => {
    const { ok, stdout } = await shellcheck(run)
    assert.ok(ok, stdout)
  })

lint('and it would: a variable without its quotes', async () =>
  assert.match((await shellcheck('rm $GITHUB_WORKSPACE/x')).stdout, 'SC2086'),
)

lint.run()
