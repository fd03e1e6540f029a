import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { interpolate, isTrue } from './sandbox/workflows/expressions.ts'
import { type Job, needsOf, readAction, readWorkflow, type Step } from './sandbox/workflows/shapes.ts'
import { runStep } from './sandbox/workflows/step.ts'

const github = join(import.meta.dirname, '..', '.github')
const files = readdirSync(join(github, 'workflows')).sort()
const actions = readdirSync(join(github, 'actions')).sort()
const workflow = (file: string) => readWorkflow(join(github, 'workflows', file))
const text = (file: string): string => readFileSync(join(github, 'workflows', file), 'utf8')
const jobsOf = (file: string): [id: string, job: Job][] => Object.entries(workflow(file).jobs)
const called = (job: Job): string | undefined => job.uses?.replace('./.github/workflows/', '')

const all = suite('workflows: what holds for all of them')

all('they are the documented six, and what two of them have in common', () =>
  assert.equal(files, [
    'backend-ci.yml',
    'build-and-push.yml',
    'database-migrations.yml',
    'deploy-production.yml',
    'deploy-staging.yml',
    'deploy.yml',
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
    'build-and-push.yml tag packages',
    'deploy-production.yml production issues', // what the called workflow's jobs may, at most
    'deploy-production.yml production packages',
    'deploy-staging.yml staging issues',
    'deploy-staging.yml staging packages',
    'deploy.yml images packages',
    'deploy.yml report issues',
  ])
})

/** Names of secrets that a text asks for: `secrets.NAME`, or the format of one. */
const secretsIn = (source: string): string[] => source.match(/\bsecrets(\.\w+|\[[^\]]*\])/g) ?? []

all('secrets reach the deploy job alone, and of it the steps that deploy', () => {
  for (const file of files) {
    const { jobs } = workflow(file)
    for (const [id, job] of Object.entries(jobs)) {
      const { steps = [], ...rest } = job
      assert.equal(secretsIn(JSON.stringify(rest)), [], `${file} ${id}`)
      for (const step of steps)
        if (secretsIn(JSON.stringify(step)).length > 0)
          assert.match(`${step.run}`, /\/scripts\/deploy\.ts" -e /, `${file} ${id} ${step.name}`)
      if (job.secrets)
        assert.equal([file.startsWith('deploy-'), job.secrets], [true, 'inherit'], `${file} ${id}`)
    }
  }
})

all("the toolkit's place is said in one variable", () => {
  const place = '$' + "{{ vars.TOOLKIT || '.' }}"
  for (const file of files) {
    const own = text(file).replaceAll(/^ *#.*$/gm, '')
    assert.is(/\bTOOLKIT\b/.test(own), workflow(file).env?.['TOOLKIT'] === place, file)
  }
  for (const [where, step] of steps)
    for (const script of `${step.run ?? ''}`.match(/\S*\/?scripts\/[\w-]+\.ts\S*/g) ?? [])
      assert.match(script, /^"\$TOOLKIT\/scripts\//, where)
})

all.run()

const guide = suite('docs/ci.md: what it names is there, and it leaves nothing out')
const guideText = readFileSync(join(github, '..', 'docs', 'ci.md'), 'utf8')

guide('workflows, jobs that people see, scripts', () => {
  assert.equal(
    [...new Set(guideText.match(/\b[\w-]+\.yml\b/g))].filter(name => !files.includes(name)),
    [],
  )
  for (const file of files) assert.match(guideText, file)
  for (const file of ['deploy.yml', 'build-and-push.yml'])
    for (const [id, { name, uses }] of jobsOf(file)) if (!uses) assert.match(guideText, name ?? id, file)
  for (const script of guideText.match(/[\w-]+\.ts\b/g) ?? [])
    assert.ok(existsSync(join(github, '..', 'scripts', script)), script)
})
guide('the required checks, by their names', () => {
  for (const file of ['backend-ci.yml', 'frontend-ci.yml', 'database-migrations.yml'])
    assert.match(guideText, `\`${workflow(file).jobs['gate']?.name}\``)
})
guide('every secret and variable that a workflow reads', () => {
  const all = files.map(text).join('')
  const whole = [...all.matchAll(/\b(?:secrets|vars)\.(\w+)/g)].map(([, name = '']) => name)
  const ends = [...all.matchAll(/\{0\}(_\w+)/g)].map(([, end = '']) => end)
  assert.ok(whole.length > 2 && ends.length > 5)
  for (const name of [...whole, ...ends]) assert.match(guideText, name)
})
guide('it begins with what most readers came for', () =>
  assert.match(guideText, /^# On GitHub\n\n```\ngh workflow run deploy-staging\.yml /),
)

guide.run()

const checksNames = suite('workflows: required checks')

/** As pull requests show them: a job's name, else its id. */
const ownJobs = files.flatMap(file =>
  jobsOf(file)
    .filter(([, job]) => !job.uses)
    .map(([id, job]) => ({ file, id, job, name: job.name ?? id })),
)
const checked = files.filter(file => workflow(file).on.pull_request)

checksNames('no two jobs have one name', () => {
  const names = ownJobs.map(({ name }) => name)
  assert.equal(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
})
checksNames('each workflow of a pull request has one gate: it always runs, and waits for all others', () => {
  for (const file of checked) {
    const jobs = jobsOf(file)
    const [, gate] = jobs.find(([id]) => id === 'gate') ?? []
    assert.is(gate?.if, '$' + '{{ always() }}', file)
    assert.equal(
      [...needsOf(gate as Job)],
      jobs.map(([id]) => id).filter(id => id !== 'gate'),
      file,
    )
    const step = gate?.steps?.at(-1)
    assert.is(step?.uses, './.github/actions/gate')
    assert.equal(step?.with, {
      results: '$' + "{{ join(needs.*.result, ' ') }}",
      affected: '$' + '{{ needs.affected.outputs.affected }}',
    })
  }
})

const gateStep = readAction(join(github, 'actions', 'gate')).runs.steps[0] as Step
for (const [results, affected, passes] of [
  ['success success success', 'true', true],
  ['success skipped skipped', 'false', true],
  ['failure skipped skipped', '', false], // it could not be told what is affected
  ['cancelled skipped skipped', '', false],
  ['success success failure', 'true', false],
  ['success success cancelled', 'true', false],
  ['success success skipped', 'true', false], // left out for another reason
  ['success failure skipped', 'false', false],
] as const)
  checksNames(`${results}, affected ${affected || 'not known'}: ${passes ? 'passes' : 'fails'}`, async () => {
    const { code } = await runStep({
      name: 'gate',
      script: `${gateStep.run}`,
      shell: gateStep.shell,
      cwd: github,
      env: { PATH: `${process.env['PATH']}`, RESULTS: results, AFFECTED: affected },
    })
    assert.is(code === 0, passes)
  })

checksNames.run()

const installing = suite('workflows: what runs beside secrets and pushes')

installing("the toolkit is installed without development's packages, install scripts and caches", () => {
  const [node, install] = readAction(join(github, 'actions', 'setup-toolkit')).runs.steps
  assert.equal(node?.with, { 'node-version': 22, 'package-manager-cache': false })
  assert.match(`${install?.run}`, /^npm ci --omit=dev --ignore-scripts /)
})
installing('no job that deploys, tags, builds or scans takes anything from a cache', () => {
  const cached = actions.filter(name =>
    readFileSync(join(github, 'actions', name, 'action.yml'), 'utf8').match(/^ *cache: (?!"false")/m),
  )
  assert.equal(cached, ['setup-frontend', 'setup-python'])
  for (const file of ['deploy.yml', 'build-and-push.yml'])
    for (const [id, job] of jobsOf(file))
      for (const { uses = '', with: given } of job.steps ?? []) {
        assert.not(
          cached.some(name => uses.endsWith(`/${name}`)),
          `${file} ${id} ${uses}`,
        )
        assert.is(`${given?.['cache'] ?? 'false'}`, 'false', `${file} ${id} ${uses}`)
        if (uses.startsWith('aquasecurity/')) assert.is(given?.['cache'], 'false', 'it caches unless told')
      }
})
installing('Trivy gets no password of its own', () => {
  for (const [where, step] of steps)
    assert.not.match(JSON.stringify(step.env ?? {}), /TRIVY_(USERNAME|PASSWORD)/, where)
})

installing('dependencies are audited by what is supported as well', () => {
  const audits = (workflow('backend-ci.yml').jobs['security']?.steps ?? []).map(
    ({ run = '' }) => run.split(' ')[0],
  )
  assert.equal(audits.filter(Boolean), ['safety', 'pip-audit', 'bandit'])
})

installing.run()

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
  assert.equal(
    reached('push', 'develop'),
    [...checks, 'build-and-push.yml', 'deploy-staging.yml', 'deploy.yml'].sort(),
  ),
)
triggers('a push to main: all tests, the images, production', () =>
  assert.equal(
    reached('push', 'main'),
    [...checks, 'build-and-push.yml', 'deploy-production.yml', 'deploy.yml'].sort(),
  ),
)
triggers('a pull request: tests only', () => {
  assert.equal(reached('pull_request', 'main'), checks)
  assert.equal(reached('pull_request', 'develop'), checks)
})
triggers('the migrations are checked with all that their models and tools come from', () => {
  const { affected } = workflow('database-migrations.yml').jobs
  const paths = `${affected?.steps?.find(({ id }) => id === 'affected')?.with?.['paths']}`.split('\n')
  for (const path of ['alembic', 'app', 'requirements*.txt', 'Dockerfile'])
    assert.ok(paths.includes(`tracehub/backend/${path}`), path)
})
triggers('a push to any other branch: nothing', () => assert.equal(reached('push', 'feature'), []))
triggers('both deploys and the build can be started by hand', () => {
  for (const file of ['deploy-staging.yml', 'deploy-production.yml', 'build-and-push.yml'])
    assert.ok(workflow(file).on.workflow_dispatch, file)
})

triggers.run()

const order = suite('workflows: nothing goes out that has not passed')

const build = workflow('build-and-push.yml').jobs
const deployJobs = workflow('deploy.yml').jobs

order('tests, then images, then the scan, then the tags; by hand as well', () => {
  assert.equal(needsOf(build['build'] as Job), ['backend', 'frontend', 'migrations'])
  assert.equal(needsOf(build['scan'] as Job), ['build'])
  assert.equal(needsOf(build['tag'] as Job), ['build', 'scan'])
  for (const [id, job] of Object.entries(build))
    if (id !== 'build' && id !== 'tag') assert.is(job.if, undefined, `${id} is never left out`)
  const publishes = Object.entries(build).flatMap(([id, job]) =>
    (job.steps ?? []).flatMap(({ run = '' }) => (/\/publish\.ts"/.test(run) ? [[id, run] as const] : [])),
  )
  assert.equal(
    publishes.map(([id]) => id),
    ['build', 'tag'],
  )
  assert.match(`${publishes[0]?.[1]}`, ' --untagged ')
  assert.match(
    `${publishes[1]?.[1]}`,
    ' --backend-digest "$BACKEND_DIGEST" --frontend-digest "$FRONTEND_DIGEST"',
  )
})
for (const [type, runs] of [
  ['branch', true],
  ['tag', false],
] as const)
  order(`on a ${type} called as a branch ${runs ? 'images are built and tagged' : 'nothing is'}`, () => {
    for (const id of ['build', 'tag'])
      assert.is(isTrue(build[id]?.if, { values: { github: { ref_type: type } }, status: 'success' }), runs)
    for (const id of ['build', 'tag'])
      assert.is(isTrue(build[id]?.if, { values: { github: { ref_type: type } }, status: 'failure' }), false)
  })
order('who calls it gets what was tagged', () => {
  for (const { value } of Object.values(workflow('build-and-push.yml').on.workflow_call?.outputs ?? {}))
    assert.match(value, /^\$\{\{ jobs\.tag\.outputs\.[\w-]+ \}\}$/)
})
order('the deploy waits for the images, and for the answer whether it may', () => {
  assert.equal(needsOf(deployJobs['deploy'] as Job), ['allowed', 'images'])
  assert.match(`${deployJobs['deploy']?.if}`, "needs.allowed.result == 'success'")
  assert.equal(needsOf(deployJobs['report'] as Job), ['allowed', 'images', 'deploy'])
  for (const id of ['allowed', 'deploy'])
    assert.is(deployJobs[id]?.outputs?.['refused'], '$' + '{{ steps.may-deploy.outputs.refused }}')
})
order('it asks again in the job itself, which may be run again alone or be approved days later', () => {
  for (const id of ['allowed', 'deploy']) {
    const job = deployJobs[id]
    const asks = job?.steps?.findIndex(({ run = '' }) => run.includes('/scripts/may-deploy.ts"')) ?? -1
    const deploys = job?.steps?.findIndex(({ run = '' }) => run.includes('/scripts/deploy.ts"')) ?? -1
    assert.ok(asks >= 0 && (deploys === -1 || asks < deploys), id)
    assert.is(job?.permissions?.['actions'], 'read')
    assert.is(job?.permissions?.['pull-requests'], 'read')
  }
})
order(
  "by hand, whatever branch GitHub starts it on, toolkit and settings are the environment's branch's",
  () => {
    const checkouts = Object.entries(deployJobs).flatMap(([id, job]) =>
      (job.steps ?? [])
        .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
        .map(step => [id, step] as const),
    )
    assert.is(checkouts.length, 2)
    for (const [id, step] of checkouts)
      assert.is(
        step.with?.['ref'],
        '$' + "{{ github.event_name == 'push' && github.sha || inputs.branch }}",
        id,
      )
  },
)

order.run()

for (const name of ['staging', 'production'] as const) {
  const deploys = suite(`workflows: deploy-${name}.yml`)
  const file = `deploy-${name}.yml`

  deploys('one at a time, and none is cancelled for another', () => {
    const turns = { group: `deploy-${name}`, 'cancel-in-progress': false, queue: 'max' }
    assert.equal(workflow(file).concurrency, turns)
    for (const [id, job] of [...jobsOf(file), ...jobsOf('deploy.yml')])
      assert.is(job.concurrency, undefined, `${id} would wait for its own workflow`)
  })
  deploys('an approver sees what is to be deployed', async () => {
    const { branch } = await loadEnvironment(name)
    const named = (event_name: string, message: string, tag: string) =>
      interpolate(`${workflow(file)['run-name']}`, {
        values: { github: { event_name, event: { head_commit: { message } } }, inputs: { tag } },
        status: 'success',
      })
    assert.is(named('push', 'Show the weight', ''), 'Show the weight')
    assert.is(named('workflow_dispatch', '', `${branch}-1`), `Deploy ${branch}-1`)
    assert.is(named('workflow_dispatch', '', ''), `Deploy the newest of ${branch}`)
  })
  deploys('branch, address and variables are the environment’s', async () => {
    const environment = await loadEnvironment(name)
    const { on, jobs } = workflow(file)
    const job = jobs[name]
    assert.equal(on.push?.branches, [environment.branch])
    assert.equal(job?.with, {
      environment: name,
      branch: environment.branch,
      variables: name.toUpperCase(),
      url: `https://${environment.domain}`,
      tag: '$' + '{{ inputs.tag }}',
    })
    assert.is(deployJobs['deploy']?.environment?.name, '$' + '{{ inputs.environment }}')
  })
  deploys('the deploy is given the documented variables, by their names', async () => {
    const step = deployJobs['deploy']?.steps?.find(({ id }) => id === 'deploy')
    const documented = ['SSH_KEY', 'HOST', 'USER', 'DB_PASSWORD', 'JWT_SECRET'].map(
      each => `${name.toUpperCase()}_${each}`,
    )
    const optional = [
      `${name.toUpperCase()}_SSH_PASSPHRASE`,
      `${name.toUpperCase()}_HOST_KEY`,
      'NOTIFY_WEBHOOK_URL',
    ]
    const secrets = [...documented, ...optional, 'VIZION_API_KEY', 'DEMO_PASSWORD']
    const contexts = {
      values: {
        github: { token: 'a-token' },
        inputs: { ...workflow(file).jobs[name]?.with, tag: '' },
        needs: { images: { outputs: {} } },
        vars: {},
        secrets: Object.fromEntries(secrets.map(each => [each, `the ${each}`])),
      },
      status: 'success',
    } as const
    const env = Object.entries(step?.env ?? {}).map(([key, value]) => [key, interpolate(value, contexts)])
    const { said } = await runStep({
      name: 'deploy',
      // In the deploy's place, what its environment is; and not the programs that it would start.
      script: `${step?.run}`.replace(
        /exec "\$TOOLKIT\/scripts\/deploy\.ts" (.*)/,
        'printenv; echo "ARGS $1"',
      ),
      shell: undefined,
      cwd: github,
      env: { PATH: `${process.env['PATH']}`, TOOLKIT: '.', ...Object.fromEntries(env) },
    })
    for (const variable of secrets) assert.match(said, `\n${variable}=the ${variable}\n`)
    assert.not.match(said, /^THE_/m)
    assert.match(`${step?.run}`, '\nexec "$TOOLKIT/scripts/deploy.ts" -e "$ENVIRONMENT" ')
  })
  deploys.run()
}
