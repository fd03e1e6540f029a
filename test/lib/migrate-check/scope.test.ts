import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { changedSince } from '../../../lib/migrate-check/scope.ts'
import { failureOf, inTemporary } from '../fixtures.ts'

const scope = suite('migrate-check/scope: what a change has touched')

/** A repository with a backend in it, and a branch that adds files of these names. */
function repository(directory: string, ...names: string[]): { root: string; backend: string } {
  const root = join(directory, 'repository')
  const backend = join(root, 'api')
  const git = (...words: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.test', ...words], {
      cwd: root,
      stdio: 'ignore',
    })
  mkdirSync(join(backend, 'versions'), { recursive: true })
  writeFileSync(join(backend, 'versions', 'first.py'), '')
  git('init', '--initial-branch', 'main')
  git('add', '.')
  git('commit', '-m', 'first')
  git('checkout', '-b', 'change')
  for (const name of names) writeFileSync(join(backend, 'versions', name), '')
  git('add', '.')
  git('commit', '--allow-empty', '-m', 'second')
  return { root, backend }
}

scope('names with umlauts, blanks and quotes, committed or not', () =>
  inTemporary(async directory => {
    const { backend } = repository(directory, 'prüfung.py', 'with "quotes" and blanks.py')
    writeFileSync(join(backend, 'versions', 'née.py'), '')
    assert.equal([...(await changedSince(backend, 'main'))].sort(), [
      'versions/née.py',
      'versions/prüfung.py',
      'versions/with "quotes" and blanks.py',
    ])
  }),
)

scope('a backend that is reached by a link', () =>
  inTemporary(async directory => {
    const { root } = repository(directory, 'second.py')
    symlinkSync(root, join(directory, 'link'))
    assert.equal([...(await changedSince(join(directory, 'link', 'api'), 'main'))], ['versions/second.py'])
  }),
)

scope('what git cannot compare, with advice that helps', () =>
  inTemporary(async directory => {
    const { root, backend } = repository(directory)
    const fix = async (place: string, ref: string): Promise<string> =>
      (await failureOf(() => changedSince(place, ref))).fix ?? ''
    assert.match(await fix(backend, 'origin/main'), /^is it a branch .* git fetch origin main brings one$/)
    mkdirSync(join(directory, 'none'))
    assert.match(await fix(join(directory, 'none'), 'main'), /^name the backend of a clone/)
    const clone = join(directory, 'clone')
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone])
    execFileSync('git', ['fetch', '--quiet', '--depth', '1', 'origin', 'main:main'], { cwd: clone })
    const shallow = await failureOf(() => changedSince(join(clone, 'api'), 'main'))
    assert.is(shallow.what, 'git knows no way from "main" to here: its history ends before')
    assert.match(shallow.fix ?? '', /--unshallow/)
  }),
)

scope.run()
