import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { userName } from '../../../lib/base/user.ts'

const user = suite('base/user: who we are')

user('the name that the system has', () => assert.is(userName(), userInfo().username))

user('the number of one that it does not know', () => {
  if (process.getuid?.() !== 0) return // nobody else may become another one
  const root = join(import.meta.dirname, '..', '..', '..')
  const module = join(root, 'lib', 'base', 'user.ts')
  const program = `import('${module}').then(loaded => console.log(loaded.default.userName()))`
  const loader = ['--import', join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')]
  const said = execFileSync(process.execPath, [...loader, '-e', program], {
    uid: 54_321,
    cwd: '/',
  })
  assert.is(`${said}`, '54321\n')
})

user.run()
