import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { publish } from '../../../lib/docker/publish.ts'
import { environmentOfBranch } from '../../../lib/environment/settings.ts'
import { environmentIn, failureOf, inTemporary } from '../fixtures.ts'

const refusing = suite('publish: what is not published')

/** Asks for the backend of a repository in which `prepare` was done; nothing gets as far as Docker. */
const refused = (prepare: (directory: string) => void) =>
  inTemporary(async directory => {
    const git = (...words: string[]) => run(['git', ...words], { cwd: directory })
    await git('init', '--quiet')
    mkdirSync(join(directory, 'backend'))
    writeFileSync(join(directory, 'backend', 'Dockerfile'), 'FROM scratch\n')
    await git('add', '--all')
    await git(
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@tracehub.example',
      'commit',
      '--quiet',
      '-m',
      'One',
    )
    prepare(directory)
    const options = { checkout: directory, tags: ['develop'], rebuild: false, labels: {}, say: () => {} }
    const { signal } = new AbortController()
    return failureOf(() => publish(environmentIn(directory), 'backend', { ...options, access: [], signal }))
  })

for (const [what, file] of [
  ['a changed file', 'backend/Dockerfile'],
  ['a new file', 'backend/extra'],
] as const)
  refusing(`${what} that nobody committed`, async () => {
    const failure = await refused(directory => writeFileSync(join(directory, file), 'FROM debian\n'))
    assert.is(failure.what, 'backend is not as committed, so nobody could say what was built')
    assert.match(`${failure.detail}`, file)
  })

refusing('a branch that is deployed nowhere', async () => {
  const failure = await failureOf(() => environmentOfBranch('feature/x; rm -rf /'))
  assert.is(failure.what, 'no environment is deployed from the branch "feature/x; rm -rf /"')
  assert.is(failure.fix, 'branches: main, develop')
  assert.is(failure.exitCode, 2)
})

refusing('every deployed branch has its environment', async () => {
  assert.is((await environmentOfBranch('main')).name, 'production')
  assert.is((await environmentOfBranch('develop')).name, 'staging')
})

refusing.run()

const naming = suite('publish: in which order it gives names')

/** Runs the script with a Docker that only writes down what it is asked for, and fails where it is told to. */
const pushes = (fails: string): Promise<string[]> =>
  inTemporary(async directory => {
    const log = join(directory, 'log')
    const docker = `#!/bin/sh
      for word in "$@"; do last=$word; done
      case " $* " in *" push "*) ;; *) exit 0 ;; esac
      case $last in *${fails}) exit 1 ;; esac
      echo "$last" >>"${log}"
      case $last in *backend*) digit=a ;; *) digit=b ;; esac
      printf 'digest: sha256:%064d\\n' 0 | tr 0 $digit
    `
    writeFileSync(log, '')
    writeFileSync(join(directory, 'docker'), docker, { mode: 0o755 })
    const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'publish.ts')
    const digests = ['--backend-digest', digest('a'), '--frontend-digest', digest('b')]
    const variables = {
      ...process.env,
      GITHUB_ACTIONS: '',
      GHCR_TOKEN: '',
      GITHUB_TOKEN: '',
      GITHUB_OUTPUT: '',
    }
    spawnSync(script, ['--branch', 'develop', ...digests], {
      env: { ...variables, GITHUB_STEP_SUMMARY: '', PATH: `${directory}:${process.env['PATH']}` },
    })
    const kind = (reference: string) =>
      reference.replace(/^.*(backend|frontend)/, '$1').replace(/-[0-9a-f]{40}$/, '-commit')
    return readFileSync(log, 'utf8').trim().split('\n').map(kind)
  })
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`
const own = ['backend:develop-commit', 'frontend:develop-commit']

naming("both parts' commit, then both parts' branch", async () =>
  assert.equal(await pushes('nothing'), [...own, 'backend:develop', 'frontend:develop']),
)
naming("a part that gets no tag of its commit leaves the other's branch tag where it is", async () =>
  assert.equal(await pushes('frontend:develop-*'), ['backend:develop-commit']),
)

naming.run()
