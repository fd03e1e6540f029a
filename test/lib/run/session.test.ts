import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acquire } from '../../../lib/run/lock.ts'
import { ended, environmentIn, evaluating, failureOf, inTemporary } from '../fixtures.ts'

const session = suite('session: a run and its lock')

session('what fails between the lock and the first step ends the process and frees the lock', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'logs'))
    mkdirSync(join(directory, 'logs', 'runs'))
    const program = `
      import { runAt } from 'lib/run/session.ts'
      // A renderer that cannot be made: the log is open by then, and the procedure has not begun.
      const options = { script: 'deploy', wait: 0, verbose: false, get json() { throw new Error('no renderer') } }
      const place = { name: 'production', directory: process.argv[1], project: 'p' }
      await runAt(place, options, async () => []).catch(error => {
        process.stderr.write(error.message) // as the front door does with a failure: the process ends when nothing is open
        process.exitCode = 1
      })`
    const { code, stderr } = await ended(process.execPath, [...evaluating(program), directory])
    assert.is(code, 1)
    assert.match(stderr, 'no renderer')
    await (await acquire(environmentIn(directory), holder, 0)).release()
  }),
)

session('a lock whose holder cannot be named is given back', () =>
  inTemporary(async directory => {
    const failing = (): never => {
      throw new Error('no clock')
    }
    await acquire(environmentIn(directory), failing, 0).catch(() => {})
    await (await acquire(environmentIn(directory), holder, 0)).release()
  }),
)

// A terminal on which Ctrl-S was pressed takes nothing: here one whose other end nobody reads.
session('a terminal that stands still does not stop a run: it comes to its end and frees the lock', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'logs', 'runs'), { recursive: true })
    const program = `
      import { writeFileSync } from 'node:fs'
      import { runAt } from 'lib/run/session.ts'
      const options = { script: 'deploy', wait: 0, verbose: false, json: false }
      const place = { name: 'production', directory: process.argv[1], project: 'p' }
      const code = await runAt(place, options, async ({ run }) => {
        for (let i = 0; i < 2000; i++) run.note('x'.repeat(100))
        return []
      })
      writeFileSync(process.argv[1] + '/over', String(code))
      process.exit(code)`
    const terminal = `
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
sys.exit(subprocess.run(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs, timeout=300).returncode)`
    const { code, stderr } = await ended(
      'python3',
      [...['-c', terminal, process.execPath], ...evaluating(program), directory],
      { env: { TERM: 'xterm', GITHUB_ACTIONS: '' } },
    )
    assert.is(code, 0, stderr)
    assert.is(await failureOf(() => acquireTwice(directory)).then(({ exitCode }) => exitCode), 3)
  }),
)

const holder = () => ({ run: 'x', who: 'ada', pid: 1, since: 0, log: '/x' })

/** The lock is free, and then it is not. */
async function acquireTwice(directory: string): Promise<void> {
  const lock = await acquire(environmentIn(directory), holder, 0)
  try {
    await acquire(environmentIn(directory), holder, 0)
  } finally {
    await lock.release()
  }
}

session.run()
