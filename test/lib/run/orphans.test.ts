import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandMark, endOrphans } from '../../../lib/run/orphans.ts'
import { environmentIn } from '../fixtures.ts'

const orphans = suite('orphans: what a killed run has left at work')
const environment = environmentIn('/x', { project: 'tracehub-of-this-test' })

const atWork = (mark: string) =>
  spawn('sleep', ['30'], { env: { PATH: process.env['PATH'], TRACEHUB_RUN: mark } })

orphans(
  'a command of an earlier run is ended; those of this run and of other environments are not',
  async () => {
    const earlier = atWork(commandMark(environment, 'the-run-before'))
    const own = atWork(commandMark(environment, 'this-run'))
    const other = atWork(commandMark(environmentIn('/y'), 'the-run-before'))
    const ended = once(earlier, 'exit')
    await endOrphans(environment, 'this-run')
    assert.equal(await ended, [null, 'SIGKILL'])
    assert.is(own.exitCode ?? own.signalCode, null)
    assert.is(other.exitCode ?? other.signalCode, null)
    own.kill()
    other.kill()
  },
)

orphans('one in a container, which the host sees, too, is not ours', async () => {
  const mark = `TRACEHUB_RUN=${commandMark(environment, 'the-run-before')}`
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const command = [...user, '--pid', '--fork', 'env', mark, 'sh', '-c', 'echo runs; exec sleep 30']
  const contained = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(contained.stdout, 'data')
  await endOrphans(environment, 'this-run')
  const sleeper = Number(readFileSync(`/proc/${contained.pid}/task/${contained.pid}/children`, 'utf8'))
  assert.ok(process.kill(sleeper, 'SIGKILL')) // the first process of a container ignores SIGTERM
  contained.kill()
})

orphans('none is no problem', () => endOrphans(environment, 'this-run'))

orphans.run()
