import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadEnvironment } from '../lib/settings.ts'
import { type Job, needsOf, readAction, readWorkflow, type Step } from './sandbox/workflows/shapes.ts'

const github = join(import.meta.dirname, '..', '.github')
const files = readdirSync(join(github, 'workflows')).sort()
const actions = readdirSync(join(github, 'actions')).sort()
const workflow = (file: string) => readWorkflow(join(github, 'workflows', file))
const text = (file: string): string => readFileSync(join(github, 'workflows', file), 'utf8')
const jobsOf = (file: string): [id: string, job: Job][] => Object.entries(workflow(file).jobs)
const called = (job: Job): string | undefined => job.uses?.replace('./.github/workflows/', '')

const all = suite('workflows: what holds for all of them')

all('they are the documented six', () =>
  assert.equal(files, [
    'backend-ci.yml',
    'build-and-push.yml',
    'database-migrations.yml',
    'deploy-production.yml',
    'deploy-staging.yml',
    'frontend-ci.yml',
  ]),
)

const steps: [where: string, step: Step][] = [
  ...files.flatMap(file =>
    jobsOf(file).flatMap(([id, { steps }]) =>
      (steps ?? []).map((step): [string, Step] => [`${file} ${id}`, step]),
    ),
  ),
  ...actions.flatMap(name =>
    readAction(join(github, 'actions', name)).runs.steps.map((step): [string, Step] => [name, step]),
  ),
]

all("other people's actions are pinned to a commit, with the version beside it", () => {
  const sources = [
    ...files.map(text),
    ...actions.map(name => readFileSync(join(github, 'actions', name, 'action.yml'), 'utf8')),
  ]
  const uses = sources.flatMap(source => source.split('\n').filter(line => /\buses:/.test(line)))
  const foreign = uses.filter(line => !/uses: \.\//.test(line))
  assert.ok(foreign.length > 20)
  for (const line of foreign) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  const versions = new Map<string, Set<string>>()
  for (const line of foreign) {
    const [, action = '', pin = ''] = /uses: ([^@]+)@(.+)$/.exec(line) ?? []
    versions.set(action, (versions.get(action) ?? new Set()).add(pin))
  }
  for (const [action, pins] of versions) assert.is(pins.size, 1, `${action} has one version`)
})

all('no gate is a gate in name alone', () => {
  for (const [where, step] of steps) {
    assert.is(step['continue-on-error'], undefined, where)
    assert.not.match(step.run ?? '', /\|\| *(true|:|echo)\b|set \+e/, where)
  }
})

all('no expression stands in a script: values come by variables', () => {
  for (const [where, step] of steps) assert.not.match(step.run ?? '', '${' + '{', where)
})

all('no trust on first use', () => {
  for (const file of files) assert.not.match(text(file), /ssh-keyscan|StrictHostKeyChecking/i, file)
})

all('nobody keeps the token of a checkout', () => {
  for (const [where, step] of steps)
    if (step.uses?.startsWith('actions/checkout@'))
      assert.is(step.with?.['persist-credentials'], false, where)
})

all('every job has an end, and no permission that it does not need', () => {
  const mayWrite = new Set<string>()
  for (const file of files) {
    const { permissions, jobs } = workflow(file)
    assert.ok(permissions, `${file} says what a job may`)
    for (const [id, job] of Object.entries(jobs)) {
      if (!job.uses) assert.type(job['timeout-minutes'], 'number', `${file} ${id}`)
      for (const [scope, level] of Object.entries({ ...permissions, ...job.permissions }))
        if (level !== 'read') mayWrite.add(`${file} ${id} ${scope}`)
    }
  }
  assert.equal([...mayWrite].sort(), [
    'build-and-push.yml build packages',
    'deploy-production.yml images packages',
    'deploy-production.yml report issues',
    'deploy-staging.yml images packages',
    'deploy-staging.yml report issues',
  ])
})

all('secrets reach the deploys alone', () => {
  for (const file of files) assert.is(/\bsecrets\./.test(text(file)), file.startsWith('deploy-'), file)
})

all.run()

const triggers = suite('workflows: what starts them')

/** The workflows that an event reaches, called ones included. */
function reached(event: 'push' | 'pull_request', branch: string): string[] {
  const found = new Set<string>()
  const follow = (file: string): void => {
    found.add(file)
    for (const [, job] of jobsOf(file)) {
      const next = called(job)
      if (next) follow(next)
    }
  }
  for (const file of files) if (workflow(file).on[event]?.branches.includes(branch)) follow(file)
  return [...found].sort()
}
const checks = ['backend-ci.yml', 'database-migrations.yml', 'frontend-ci.yml']

triggers('a push to develop: all tests, the images, staging', () =>
  assert.equal(reached('push', 'develop'), [...checks, 'build-and-push.yml', 'deploy-staging.yml'].sort()),
)
triggers('a push to main: all tests, the images, production', () =>
  assert.equal(reached('push', 'main'), [...checks, 'build-and-push.yml', 'deploy-production.yml'].sort()),
)
triggers('a pull request: tests only', () => {
  assert.equal(reached('pull_request', 'main'), checks)
  assert.equal(reached('pull_request', 'develop'), checks)
})
triggers('a push to any other branch: nothing', () => assert.equal(reached('push', 'feature'), []))
triggers('both deploys and the build can be started by hand', () => {
  for (const file of ['deploy-staging.yml', 'deploy-production.yml', 'build-and-push.yml'])
    assert.ok(workflow(file).on.workflow_dispatch, file)
})

triggers.run()

for (const name of ['staging', 'production'] as const) {
  const deploys = suite(`workflows: deploy-${name}.yml`)
  const file = `deploy-${name}.yml`

  deploys('tests, then images, then the deploy', () => {
    const { jobs } = workflow(file)
    assert.equal(needsOf(jobs['images'] as Job), ['backend', 'frontend', 'migrations'])
    assert.equal(needsOf(jobs['deploy'] as Job), ['images'])
    assert.equal(needsOf(jobs['report'] as Job), ['backend', 'frontend', 'migrations', 'images', 'deploy'])
  })
  deploys('one at a time, and none is cancelled for another', () => {
    assert.equal(workflow(file).concurrency, { group: `deploy-${name}`, 'cancel-in-progress': false })
    for (const [id, job] of jobsOf(file))
      assert.is(job.concurrency, undefined, `${id} would wait for its own workflow`)
  })
  deploys('branch, address and variables are the environment’s', async () => {
    const environment = await loadEnvironment(name)
    const { on, jobs } = workflow(file)
    assert.equal(on.push?.branches, [environment.branch])
    assert.equal(jobs['deploy']?.environment, { name, url: `https://${environment.domain}` })
    const step = jobs['deploy']?.steps?.find(({ id }) => id === 'deploy')
    const documented = ['SSH_KEY', 'HOST', 'USER', 'DB_PASSWORD', 'JWT_SECRET'].map(
      each => `${name.toUpperCase()}_${each}`,
    )
    for (const variable of [...documented, 'VIZION_API_KEY', 'DEMO_PASSWORD'])
      assert.match(`${step?.env?.[variable]}`, `secrets.${variable} `)
    assert.match(`${step?.run}`, `exec scripts/deploy.ts -e ${name} `)
  })
  deploys.run()
}
