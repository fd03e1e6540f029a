import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { titleOf } from '../../../lib/deploy-issue.ts'
import { readReleases } from '../../../lib/releases.ts'
import { environmentIn } from '../../lib/fixtures.ts'
import { registry } from '../build-images.ts'
import { directoryOf, freshEnvironment, lastEvents, liveVersion, runningServices, say } from '../harness.ts'
import { ensureSshd, fingerprint, hostKeyFile, keys, sshPort, sshUser } from '../ssh/sshd.ts'
import { type Checkout, layCheckout } from './checkout.ts'
import type { Happening } from './happening.ts'
import { type IssueTracker, issueTracker } from './issues.ts'
import { type JobDone, notRun, runWorkflow } from './runner.ts'

const workflows = suite('the deploy workflows, by their own steps')
let checkout: Checkout
const secrets: Record<string, string> = {}
let tracker: IssueTracker
const written: string[] = []

workflows.before(async () => {
  await Promise.all([freshEnvironment('staging'), freshEnvironment('production')])
  await ensureSshd(say)
  for (const name of ['STAGING', 'PRODUCTION']) {
    Object.assign(secrets, {
      [`${name}_HOST`]: `127.0.0.1:${sshPort}`,
      [`${name}_HOST_KEY`]: await fingerprint(hostKeyFile('ed25519')),
      [`${name}_USER`]: sshUser,
      [`${name}_SSH_KEY`]: readFileSync(keys.client, 'utf8'),
      [`${name}_DB_PASSWORD`]: `${name} database $password`.replaceAll('$', '%'),
      [`${name}_JWT_SECRET`]: `${name}-signs-with-this`,
    })
  }
  Object.assign(secrets, { VIZION_API_KEY: 'the-key-for-vizion', DEMO_PASSWORD: 'what-the-demo-types' })
  tracker = await issueTracker(registry.password)
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
  return {
    checkout: checkout.directory,
    event: 'push',
    branch: branchOf[name],
    sha: await checkout.git('rev-parse', 'HEAD'),
    token: registry.password,
    api: tracker.api,
    secrets,
    machine: {
      PATH: `${process.env['PATH']}`,
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
  const jobs = await runWorkflow(`deploy-${name}.yml`, await happens(name, more))
  say(`${name}: ${results(jobs).join(', ')}`)
  for (const { steps } of Object.values(jobs)) for (const step of steps) written.push(step.said, step.summary)
  return jobs
}

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
const issuesOf = (name: EnvironmentName) => tracker.issues.filter(({ title }) => title === titleOf(name))
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
  assert.match(summaryOf(jobs, 'images'), `## Images \`develop\`, \`develop-${commit}\``)
  assert.match(summaryOf(jobs, 'deploy'), /^## ✅ deploy staging: done in /)
  assert.match(summaryOf(jobs, 'deploy'), `| live | blue, release 1, develop-${commit} |`)
  assert.match(summaryOf(jobs, 'deploy'), '| ✓ | Smoke tests on blue |')
  assert.match(said(jobs, 'report'), 'deploying works, and no issue says otherwise')
  const file = readFileSync(join(directoryOf('staging'), '.env.staging'), 'utf8')
  assert.match(file, `${secrets['STAGING_JWT_SECRET']}`)
})

workflows('main gets the very images that staging has proved, and says nothing about it', async () => {
  await checkout.switchTo('main')
  await checkout.git('merge', '--quiet', '--no-ff', '--message', 'Release', 'develop')
  const jobs = await deployTo('production')
  assert.equal(results(jobs), ['images success', 'deploy success', 'report success'], everything(jobs))
  assert.match(said(jobs, 'images'), /^backend +the same sources were built before/m)
  assert.equal(liveImages('production'), liveImages('staging'))
  assert.not.match(said(jobs, 'deploy'), 'never live on staging')
})

workflows(
  'by hand: production deploys what was built before, and warns where staging has not had it',
  async () => {
    const jobs = await deployTo('production', {
      event: 'workflow_dispatch',
      passed: [],
      inputs: { tag: 'v1' },
    })
    assert.equal(results(jobs), ['images skipped', 'deploy success', 'report success'], everything(jobs))
    assert.is(await liveVersion('production'), 'v1')
    assert.match(
      said(jobs, 'deploy'),
      /^::warning title=deploy production::these images \(.*\) were never live on staging/m,
    )
  },
)

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
  'aquasecurity/trivy-action':
    'its list of vulnerabilities cannot be fetched here; so nothing is scanned, of neither image',
}
workflows('what did not run is known, and why', () => {
  for (const name of [...notRun].sort()) say(`not run: ${name}: ${reasons[name] ?? 'nobody says why'}`)
  assert.equal([...notRun].sort(), Object.keys(reasons).sort())
})

workflows.run()
