import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readReleases } from '../../../lib/environment/releases.ts'
import { environmentIn } from '../../lib/fixtures.ts'
import { registry } from '../build-images.ts'
import { directoryOf, freshEnvironment, lastEvents, liveVersion, runningServices, say } from '../harness.ts'
import { ensureSshd, fingerprint, hostKeyFile, keys, sshPort, sshUser } from '../ssh/sshd.ts'
import { type Checkout, layCheckout, toolkitsPlace } from './checkout.ts'
import type { Happening } from './happening.ts'
import { ghsPlace, type IssueTracker, issueTracker } from './issues.ts'
import { type JobDone, notRun, runWorkflow } from './runner.ts'

const workflows = suite('the deploy workflows, by their own steps')
let checkout: Checkout
const secrets: Record<string, string> = {}
/** What nobody has to hide; production has it in secrets, as the documentation began. */
const vars: Record<string, string> = { TOOLKIT: toolkitsPlace }
let tracker: IssueTracker
const written: string[] = []

workflows.before(async () => {
  await Promise.all([freshEnvironment('staging'), freshEnvironment('production')])
  await ensureSshd(say)
  for (const name of ['STAGING', 'PRODUCTION']) {
    Object.assign(name === 'STAGING' ? vars : secrets, {
      [`${name}_HOST`]: `127.0.0.1:${sshPort}`,
      [`${name}_HOST_KEY`]: await fingerprint(hostKeyFile('ed25519')),
      [`${name}_USER`]: sshUser,
    })
    Object.assign(secrets, {
      [`${name}_SSH_KEY`]: readFileSync(keys.client, 'utf8'),
      [`${name}_DB_PASSWORD`]: `${name} database $password`.replaceAll('$', '%'),
      [`${name}_JWT_SECRET`]: `${name}-signs-with-this`,
    })
  }
  Object.assign(secrets, { VIZION_API_KEY: 'the-key-for-vizion', DEMO_PASSWORD: 'what-the-demo-types' })
  tracker = await issueTracker(registry.password)
  tracker.answers.set('/environments/production', {
    protection_rules: [{ type: 'required_reviewers', reviewers: [{ type: 'User' }] }],
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  })
  tracker.answers.set('/environments/production/deployment-branch-policies', {
    branch_policies: [{ name: 'main', type: 'branch' }],
  })
  checkout = await layCheckout()
  await checkout.switchTo('develop', 'main')
})
workflows.after(() => {
  tracker.close()
  rmSync(checkout.directory, { recursive: true, force: true })
})

type EnvironmentName = 'staging' | 'production'
const branchOf = { staging: 'develop', production: 'main' }

async function happens(name: EnvironmentName, more: Partial<Happening>): Promise<Happening> {
  const sha = await checkout.git('rev-parse', 'HEAD')
  const workflow = `deploy-${name}.yml`
  tracker.answers.set(`/actions/workflows/${workflow}/runs`, { workflow_runs: [] })
  if (more.attempt === undefined) tracker.answers.set(`/git/ref/heads/${branchOf[name]}`, { object: { sha } })
  return {
    checkout: checkout.directory,
    workflow,
    event: 'push',
    branch: branchOf[name],
    sha,
    token: registry.password,
    api: tracker.api,
    secrets,
    vars,
    takenOut: ['docker login'],
    machine: {
      PATH: `${ghsPlace}:${process.env['PATH']}`,
      HOME: `${process.env['HOME']}`,
      GHCR_USER: registry.user,
      TRACEHUB_OVERRIDE: join(import.meta.dirname, 'override.ts'),
    },
    passed: ['backend', 'frontend', 'migrations'], // ci.test.ts runs these
    ...more,
  }
}

const deployTo = async (
  name: EnvironmentName,
  more: Partial<Happening> = {},
): Promise<Readonly<Record<string, JobDone>>> => {
  const jobs: Record<string, JobDone> = {}
  const done = (id: string, job: JobDone): void => void Object.assign(jobs, { [id]: job })
  await runWorkflow(`deploy-${name}.yml`, await happens(name, { ...more, done }))
  say(`${name}: ${results(jobs).join(', ')}`)
  for (const { steps } of Object.values(jobs)) for (const step of steps) written.push(step.said, step.summary)
  return jobs
}

const liveCommit = (name: EnvironmentName): string | undefined =>
  readReleases(environmentIn(directoryOf(name))).at(-1)?.tag
const results = (jobs: Readonly<Record<string, JobDone>>): string[] =>
  ['images', 'deploy', 'report'].map(id => `${id} ${jobs[id]?.result}`)
const said = (jobs: Readonly<Record<string, JobDone>>, id: string): string =>
  (jobs[id]?.steps ?? []).map(step => step.said).join('')
const everything = (jobs: Readonly<Record<string, JobDone>>): string =>
  Object.keys(jobs)
    .map(id => said(jobs, id))
    .join('')
const summaryOf = (jobs: Readonly<Record<string, JobDone>>, id: string): string =>
  (jobs[id]?.steps ?? []).map(step => step.summary).join('')
const issuesOf = (name: EnvironmentName) =>
  tracker.issues.filter(({ title }) => title === `Deploying to ${name} fails`)
const liveImages = (name: EnvironmentName) => readReleases(environmentIn(directoryOf(name))).at(-1)?.images

/** Gives the stand-in's next version its name, and a fault where it is to have one. */
const develop = (version: string, fault = ''): Promise<string> =>
  checkout.change('tracehub/backend/Dockerfile', text =>
    text
      .replace(/^ARG APP_REVISION=.*$/m, `ARG APP_REVISION=${version}`)
      .replace(/^ARG APP_FAULT=.*$/m, `ARG APP_FAULT=${fault}`),
  )

workflows('a push to develop: built, tagged with the commit, deployed by digest', async () => {
  const commit = await develop('first')
  const jobs = await deployTo('staging')
  assert.equal(results(jobs), ['images success', 'deploy success', 'report success'], everything(jobs))
  assert.is(await liveVersion('staging'), 'first')
  const digest = `${jobs['images']?.outputs['backend-digest']}`
  assert.match(digest, /^sha256:[0-9a-f]{64}$/)
  assert.match(`${liveImages('staging')?.backend}`, digest)
  assert.match(summaryOf(jobs, 'images'), `## Images \`develop-${commit}\`, \`develop\``)
  assert.match(summaryOf(jobs, 'deploy'), /^## ✅ deploy staging: done in /)
  assert.match(summaryOf(jobs, 'deploy'), `| live | blue, release 1, develop-${commit} |`)
  assert.match(summaryOf(jobs, 'deploy'), '| ✓ | Smoke tests on blue |')
  assert.match(said(jobs, 'report'), 'deploying works; the issue that said otherwise: none')
  const file = readFileSync(join(directoryOf('staging'), '.env.staging'), 'utf8')
  assert.match(file, `${secrets['STAGING_JWT_SECRET']}`)
})

workflows('main gets the very images that staging has verified, and says nothing about it', async () => {
  await checkout.switchTo('main')
  await checkout.git('merge', '--quiet', '--no-ff', '--message', 'Release', 'develop')
  const jobs = await deployTo('production')
  assert.equal(results(jobs), ['images success', 'deploy success', 'report success'], everything(jobs))
  assert.match(said(jobs, 'images'), /^backend +the same sources were built before/m)
  assert.equal(liveImages('production'), liveImages('staging'))
  assert.not.match(said(jobs, 'deploy'), 'never live on staging')
})

workflows(
  'before the scan has spoken, nothing that a person or a deploy asks for leads to an image',
  async () => {
    const jobs = await runWorkflow('build-and-push.yml', await happens('production', { secrets: {} }))
    const built = jobs['build']?.steps.find(({ name }) => name === 'Build and push')
    assert.match(`${built?.said}`, /^tags +none yet$/m)
    assert.match(`${built?.summary}`, '## Images to be tested')
  },
)

workflows('by hand: production deploys what has passed, and nothing else', async () => {
  const byHand = { event: 'workflow_dispatch', passed: [] } as const
  const refused = await deployTo('production', { ...byHand, inputs: { tag: 'v1' } })
  assert.equal(results(refused), ['images skipped', 'deploy skipped', 'report success'], everything(refused))
  assert.match(said(refused, 'allowed'), 'the tag is "v1"; expected main, or main- and a commit')
  assert.match(said(refused, 'report'), 'this run alone was refused')
  assert.equal(issuesOf('production'), [])
  const jobs = await deployTo('production', byHand)
  assert.equal(results(jobs), ['images skipped', 'deploy success', 'report success'], everything(jobs))
  assert.match(said(jobs, 'deploy'), 'this version is live already')
})

workflows('nobody would be asked: production is not deployed', async () => {
  const guarded = tracker.answers.get('/environments/production')
  tracker.answers.delete('/environments/production')
  tracker.answers.set(`/commits/${await checkout.git('rev-parse', 'HEAD')}/pulls`, [])
  const jobs = await deployTo('production')
  assert.equal(results(jobs), ['images success', 'deploy skipped', 'report success'], everything(jobs))
  assert.match(
    said(jobs, 'allowed'),
    "GitHub's environment production does not exist or has no required reviewers",
  )
  assert.match(
    `${issuesOf('production')[0]?.body}`,
    'failed in: allowed.\n\n```text\nthis run may not deploy',
  )
  tracker.answers.set('/environments/production', guarded)
})

workflows('a version that fails is rolled back, and has one issue until one works', async () => {
  await checkout.switchTo('develop')
  await develop('bad', 'smoke-fails')
  const first = await deployTo('staging')
  assert.equal(results(first), ['images success', 'deploy failure', 'report success'], everything(first))
  assert.is(first['deploy']?.steps.at(-1)?.code, 4)
  assert.is(await liveVersion('staging'), 'first')
  assert.match(summaryOf(first, 'deploy'), /^## ❌ deploy staging: rolled back in /)
  assert.match(summaryOf(first, 'deploy'), '| ✗ | Smoke tests on green |')
  const [issue] = issuesOf('staging')
  assert.is(issue?.state, 'open')
  assert.match(
    `${issue?.body}`,
    /failed in: deploy\.\s+```text\n1 of \d+ smoke tests of green failed\n.*\/api\/shipments/,
  )

  const again = await deployTo('staging', { event: 'workflow_dispatch', passed: [] })
  assert.equal(results(again), ['images skipped', 'deploy failure', 'report success'], everything(again))
  assert.is(issuesOf('staging').length, 1)
  assert.is(issue?.comments.length, 1)
})

workflows(
  'cancelled: the step alone is signalled, users keep what they had, nothing is left behind',
  async () => {
    await develop('second')
    const jobs = await deployTo('staging', {
      cancelWhen: text => text.includes('Rolling update of backend-green'),
    })
    assert.equal(results(jobs), ['images success', 'deploy cancelled', 'report skipped'], everything(jobs))
    assert.match(said(jobs, 'deploy'), 'SIGINT: stopping at the next safe place')
    // The step is given ten seconds; on a busy machine the run there may take longer to take back what it did.
    for (let tries = 0; lastEvents('staging').at(-1)?.type !== 'run-finished'; tries += 1) {
      assert.ok(tries < 600, 'the run does not come to its end')
      await sleep(100)
    }
    assert.is(await liveVersion('staging'), 'first')
    assert.equal(await runningServices('staging'), ['backend-blue', 'db', 'frontend-blue', 'proxy'])
    assert.match(summaryOf(jobs, 'deploy'), /^## ❌ deploy staging: /)
    assert.is(issuesOf('staging').length, 1)
  },
)

workflows('the same commit once more: deployed, and the issue is closed', async () => {
  const jobs = await deployTo('staging')
  assert.equal(results(jobs), ['images success', 'deploy success', 'report success'], everything(jobs))
  assert.is(await liveVersion('staging'), 'second')
  assert.is(issuesOf('staging')[0]?.state, 'closed')
})

workflows('an old run that is run again moves no tag back, and deploys nothing', async () => {
  const newest = await checkout.git('rev-parse', 'HEAD')
  tracker.answers.set('/git/ref/heads/develop', { object: { sha: newest } })
  await checkout.git('checkout', '--quiet', '--detach', `${newest}~2`)
  const jobs = await deployTo('staging', { attempt: 2 })
  assert.equal(results(jobs), ['images success', 'deploy skipped', 'report success'], everything(jobs))
  assert.match(said(jobs, 'images'), '::warning title=the tag develop stays where it is::')
  assert.match(said(jobs, 'allowed'), 'old would replace new')
  assert.match(said(jobs, 'images'), /^tags +develop-[0-9a-f]{40}$/m)
  assert.is(liveCommit('staging'), `develop-${newest}`)
})

workflows('no secret is written anywhere', () => {
  assert.ok(written.length > 0)
  const hidden = Object.entries(secrets).filter(([name]) => !/_(HOST|HOST_KEY|USER)$/.test(name))
  // What masks a value names it, to the runner alone.
  const shown = written.map(text => text.replace(/^::add-mask::.*\n/gm, ''))
  for (const text of shown)
    for (const value of [registry.password, ...hidden.flatMap(([, secret]) => secret.trim().split('\n'))])
      assert.not.match(text, value)
})

const reasons: Readonly<Record<string, string>> = {
  'actions/checkout': 'the test lays the checkout out itself',
  'actions/setup-node': 'this machine has its Node already',
  'docker login': 'it would be the login of this machine, for a scan that does not run',
  'aquasecurity/trivy-action':
    'its list of vulnerabilities cannot be fetched here; so nothing is scanned, of neither image',
}
workflows('what did not run is known, and why', () => {
  for (const name of [...notRun].sort()) say(`not run: ${name}: ${reasons[name] ?? 'nobody says why'}`)
  assert.equal([...notRun].sort(), Object.keys(reasons).sort())
})

workflows.run()
