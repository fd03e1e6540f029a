import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { notThere, refused, whereThere } from '../../../lib/base/system-errors.ts'
import { main } from '../../../lib/cli/main.ts'
import { foreseenOrBug } from '../../../lib/run/outcome.ts'
import { captured } from '../fixtures.ts'
import { command } from './command.ts'

const machine = suite('what the machine refuses is no bug of the toolkit')

const error = (code: string): Error =>
  Object.assign(new Error(`${code}: no, open '/data/x/file'`), { code, path: '/data/x/file' })

for (const [code, fix] of [
  ['EACCES', /^ls -ld \/data\/x /],
  ['ENOSPC', /^make room: df -h \/data\/x /],
  ['EROFS', /findmnt -T \/data\/x/],
  ['EMFILE', /^ulimit -n/],
  ['EIO', /^check the disk/],
] as const)
  machine(`${code}: the path, and where to look`, () => {
    const problem = foreseenOrBug(error(code))
    assert.is(problem.what, `this machine refused it: ${code}: no, open '/data/x/file'`)
    assert.match(problem.fix ?? '', fix)
  })

machine('a file that is not there, and a mistake of ours, are bugs', () => {
  assert.is(refused(error('ENOENT')), undefined)
  assert.is(foreseenOrBug(new TypeError('x')).what, 'a bug in the toolkit stopped this run')
})

machine(
  'what is not there is undefined, and so are the codes that are named; all else is thrown',
  async () => {
    for (const code of ['ENOENT', 'ESRCH']) {
      const failing = (): never => {
        throw error(code)
      }
      assert.is(whereThere(failing, 'ESRCH'), undefined)
      assert.is(await Promise.reject(error(code)).catch(notThere('ESRCH')), undefined)
      if (code !== 'ENOENT') assert.throws(() => whereThere(failing), 'ESRCH')
    }
    assert.throws(() => notThere('ENOENT')(new TypeError('x')), 'x')
  },
)

machine('before a run begins it is a message, not a stack', async () => {
  const said = await captured(() => main({ ...command, run: () => Promise.reject(error('EACCES')) }, []))
  assert.match(said.stderr, /^this machine refused it: EACCES.*\n→ ls -ld \/data\/x/)
  assert.is(said.exitCode, 1)
})

machine("an error of Node's own says as much", () => {
  try {
    readFileSync('/proc/self/mem') // EIO: nothing is mapped at 0
  } catch (thrown) {
    return assert.match(refused(thrown)?.what ?? '', /refused it: EIO/)
  }
  assert.unreachable('it could be read')
})

machine.run()
