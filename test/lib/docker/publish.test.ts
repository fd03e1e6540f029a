import { mkdirSync, writeFileSync } from 'node:fs'
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
    return failureOf(() =>
      publish(environmentIn(directory), [], 'backend', { ...options, signal: new AbortController().signal }),
    )
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
