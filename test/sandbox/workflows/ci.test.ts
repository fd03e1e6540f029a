import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problemOf } from '../../../lib/base/failure.ts'
import { attempt } from '../../../lib/base/shell.ts'
import { ensurePrograms } from '../apt.ts'
import { registry } from '../build-images.ts'
import { say } from '../harness.ts'
import { images } from '../migrate-check/corpus.ts'
import { layCheckout, toolkitsPlace } from './checkout.ts'
import type { Happening } from './happening.ts'
import { type JobDone, notRun, runWorkflow } from './runner.ts'

const ci = suite('the CI workflows, by their own steps, on the stand-in application')

/** What has no place here, and why. Whatever else the workflows do is done. */
const reasons: Readonly<Record<string, string>> = {
  'actions/checkout': 'the checkout is laid by the test',
  'actions/setup-node': "this machine's Node is used",
  'actions/setup-python': "Debian's Python is used",
  'python -m pip install': "PyPI is not reached; Debian's packages are used",
  'service db': 'the stand-in’s unit tests need no database',
  'safety check': 'its database of vulnerabilities is on the internet, and it is in PyPI alone',
  'pip-audit': 'it asks PyPI, and Debian has no package of it',
  'npm audit': 'the registry that is reached here does not answer audits',
}

async function testAll(): Promise<void> {
  await ensurePrograms(say, { git: ['git'] })
  const checkout = await layCheckout()
  ci.after(() => rmSync(checkout.directory, { recursive: true, force: true }))
  // setup-python calls it python; Debian does not.
  mkdirSync(join(checkout.directory, '.git', 'bin'))
  symlinkSync('/usr/bin/python3', join(checkout.directory, '.git', 'bin', 'python'))

  const machine = {
    PATH: [
      join(checkout.directory, '.git', 'bin'),
      dirname(process.execPath),
      '/usr/bin:/bin:/usr/sbin:/sbin',
    ].join(':'),
    HOME: `${process.env['HOME']}`,
    MIGRATE_CHECK_POSTGRES: images.postgres,
  }

  /** What others publish, and this machine could not get: what needs it is left out, and said. It is no fault of ours. */
  const leftOut: string[] = []
  const hasPythonTools = await ensurePrograms(say, {
    flake8: ['flake8'],
    black: ['black'],
    mypy: ['mypy'],
    bandit: ['bandit'],
    'pytest-3': ['python3-pytest'],
    'python3-coverage': ['python3-pytest-cov'],
  }).then(
    () => true,
    error => leaveOut('the jobs of backend-ci.yml', problemOf(error).what),
  )
  const registrysFault =
    /^npm (?:error|ERR!) code (E[45]\d\d|ETARGET|ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|E\w*TIMEOUT|E(NET|HOST)UNREACH)$/m
  const packages = await attempt(['npm', 'ci', '--no-audit', '--no-fund'], {
    cwd: join(checkout.directory, 'tracehub/frontend'),
    env: machine,
  })
  const fault = packages.ok ? undefined : registrysFault.exec(packages.stderr)?.[1]
  const hasFrontendPackages = fault ? leaveOut('the jobs of frontend-ci.yml', `npm ci: ${fault}`) : true

  function leaveOut(what: string, why: string): false {
    leftOut.push(what)
    say(`LEFT OUT: ${what}: ${why}`)
    return false
  }

  const happens = async (more: Partial<Happening> = {}): Promise<Happening> => ({
    checkout: checkout.directory,
    event: 'push',
    branch: 'main',
    sha: await checkout.git('rev-parse', 'HEAD'),
    token: registry.password,
    api: 'http://127.0.0.1:9',
    secrets: {},
    vars: { TOOLKIT: toolkitsPlace },
    takenOut: ['python -m pip install', 'safety check', 'pip-audit', 'npm audit'],
    machine,
    ...more,
  })

  /** How each job ended; of one that failed, at which step. */
  function verdicts(jobs: Readonly<Record<string, JobDone>>): Record<string, string> {
    const entries = Object.entries(jobs).map(([id, { result, steps }]) => {
      const failed = steps.find(({ code }) => code !== 0)
      return [id, failed ? `${result} at ${failed.name}` : result]
    })
    return Object.fromEntries(entries) as Record<string, string>
  }
  const said = (jobs: Readonly<Record<string, JobDone>>): string =>
    Object.values(jobs)
      .flatMap(({ steps }) => steps.map(step => step.said))
      .join('')

  const write = (file: string, text: string): void => writeFileSync(join(checkout.directory, file), text)

  if (hasPythonTools)
    ci('backend: lint, types, tests with coverage and security pass', async () => {
      const jobs = await runWorkflow('backend-ci.yml', await happens())
      assert.equal(
        verdicts(jobs),
        {
          affected: 'success',
          lint: 'success',
          types: 'success',
          test: 'success',
          security: 'success',
          gate: 'success',
        },
        said(jobs),
      )
      assert.match(said(jobs), /^app\/settings\.py +\d+ +0 +100%/m)
    })

  if (hasPythonTools)
    ci('backend: each of them fails its job', async () => {
      write('tracehub/backend/app/unused.py', 'import os\n')
      write('tracehub/backend/app/wrong.py', 'def number() -> int:\n    return "a word"\n')
      write('tracehub/backend/app/danger.py', 'exec("1")\n')
      write('tracehub/backend/tests/test_wrong.py', 'def test_arithmetic() -> None:\n    assert 1 + 1 == 3\n')
      const jobs = await runWorkflow('backend-ci.yml', await happens())
      assert.equal(
        verdicts(jobs),
        {
          affected: 'success',
          lint: 'failure at flake8',
          types: 'failure at mypy',
          test: 'failure at pytest',
          security: 'failure at bandit',
          gate: 'failure at Gate',
        },
        said(jobs),
      )
      await checkout.git('clean', '--quiet', '--force', 'tracehub')
      write('tracehub/backend/app/single.py', "QUOTED = 'single'\n")
      const { lint } = verdicts(await runWorkflow('backend-ci.yml', await happens()))
      assert.is(lint, 'failure at black')
      await checkout.git('clean', '--quiet', '--force', 'tracehub')
    })

  if (hasFrontendPackages)
    ci('frontend: ESLint, types and build pass, and each of them fails its job', async () => {
      const good = await runWorkflow('frontend-ci.yml', await happens())
      assert.equal(
        verdicts(good),
        {
          affected: 'success',
          lint: 'success',
          types: 'success',
          build: 'success',
          audit: 'success',
          gate: 'success',
        },
        said(good),
      )
      await checkout.change(
        'tracehub/frontend/src/main.ts',
        text => `import { gone } from './gone.ts'\nvar unused: number = gone\n${text}`,
      )
      assert.equal(verdicts(await runWorkflow('frontend-ci.yml', await happens())), {
        affected: 'success',
        lint: 'failure at eslint',
        types: 'failure at tsc',
        build: 'failure at build',
        audit: 'success',
        gate: 'failure at Gate',
      })
      await checkout.git('reset', '--quiet', '--hard', 'HEAD^')
    })

  ci('migrations: the whole history on a push, with its summary', async () => {
    const jobs = await runWorkflow('database-migrations.yml', await happens())
    assert.equal(verdicts(jobs), { affected: 'success', check: 'success', gate: 'success' }, said(jobs))
    const summary = jobs['check']?.steps.map(step => step.summary).join('') ?? ''
    assert.match(summary, /^## ✅ Migrations: 10 revisions, 0 findings, 0 warnings$/m)
    assert.match(summary, '`a1b2c3d4`')
  })

  ci('migrations: what a pull request adds fails it where it would hurt, at its line', async () => {
    await checkout.switchTo('feature', 'main')
    const changes = join(checkout.directory, 'tracehub/backend/changes')
    for (const change of ['v2', 'breaks-old-code'])
      await checkout.git(
        '-c',
        'alias.lay=!cp -r',
        'lay',
        `${changes}/${change}/.`,
        join(checkout.directory, 'tracehub/backend'),
      )
    await checkout.commit()
    const jobs = await pullRequest('database-migrations.yml')
    assert.equal(
      verdicts(jobs),
      { affected: 'success', check: 'failure at Check what the pull request adds', gate: 'failure at Gate' },
      said(jobs),
    )
    assert.match(
      said(jobs),
      /^::error file=tracehub\/backend\/alembic\/versions\/\S*rename_carrier\S*,line=\d+,title=safe\./m,
    )
    assert.match(jobs['check']?.steps.at(-1)?.summary ?? '', '## ❌ Migrations')
  })

  ci('a pull request that does not touch a part leaves its jobs out, and they count as passed', async () => {
    await checkout.switchTo('feature', 'main')
    write('README.md', 'A change elsewhere.\n')
    await checkout.commit()
    const left = { affected: 'success', lint: 'skipped', types: 'skipped', gate: 'success' }
    assert.equal(verdicts(await pullRequest('backend-ci.yml')), {
      ...left,
      test: 'skipped',
      security: 'skipped',
    })
    assert.equal(verdicts(await pullRequest('frontend-ci.yml')), {
      ...left,
      build: 'skipped',
      audit: 'skipped',
    })
    assert.equal(verdicts(await pullRequest('database-migrations.yml')), {
      affected: 'success',
      check: 'skipped',
      gate: 'success',
    })
  })

  /** Checks out the merge of `feature` into main, as actions/checkout does for a pull request. */
  async function pullRequest(file: string): Promise<Readonly<Record<string, JobDone>>> {
    await checkout.git('update-ref', 'refs/remotes/origin/main', 'main')
    await checkout.git('checkout', '--quiet', '--detach', 'main')
    await checkout.git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'feature')
    return runWorkflow(file, await happens({ event: 'pull_request', branch: '7/merge', base: 'main' }))
  }

  ci('what did not run is known, and why', () => {
    for (const name of [...notRun].sort()) say(`not run: ${name}: ${reasons[name] ?? 'nobody says why'}`)
    const nobodySaysWhy = [...notRun].filter(name => reasons[name] === undefined)
    assert.equal(nobodySaysWhy, [])
    if (leftOut.length === 0) assert.equal([...notRun].sort(), Object.keys(reasons).sort())
  })

  ci.run()
}

void testAll()
