import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Environment } from '../../../lib/environment/environment.ts'
import { acquire, type Holder } from '../../../lib/run/lock.ts'
import { ended, environmentIn, evaluating, failureOf, inTemporary, withVariables } from '../fixtures.ts'

const holder = (run: string): Holder => ({
  run,
  who: 'ada',
  pid: 4711,
  since: Date.UTC(2026, 0, 3, 14, 30),
  log: `/srv/logs/${run}.jsonl`,
})

const withEnvironment = (act: (environment: Environment) => Promise<void>): Promise<void> =>
  inTemporary(directory => act(environmentIn(directory)))

/** A process of its own that takes the lock, says so, and holds it for as long as it lives. */
async function holderProcess({ directory }: Environment): Promise<ChildProcess> {
  const program = `
    import { acquire } from 'lib/run/lock.ts'
    const environment = { name: 'production', directory: process.argv[1] }
    await acquire(environment, () => ({ run: 'killed-run', who: 'bob', pid: process.pid, since: 0, log: '/x' }), 0)
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, [...evaluating(program), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

const locking = suite('lock')

locking('a second one stops at once, and says who holds it, since when, and where its log is', () =>
  withEnvironment(async environment => {
    const lock = await acquire(environment, () => holder('first-run'), 0)
    const started = Date.now()
    const failure = await failureOf(() => acquire(environment, () => holder('second-run'), 0))
    assert.ok(Date.now() - started < 20_000) // it does not wait: the lock is never released meanwhile
    assert.equal(
      { what: failure.what, detail: failure.detail, fix: failure.fix, exitCode: failure.exitCode },
      {
        what: 'first-run holds the lock of production',
        detail: 'by ada, process 4711, since 2026-01-03T14:30:00.000Z\nlog: /srv/logs/first-run.jsonl',
        fix: 'wait for it: add --wait 10m',
        exitCode: 3,
      },
    )
    await lock.release()
  }),
)

locking('released, it is free; whoever comes next is named', () =>
  withEnvironment(async environment => {
    const first = await acquire(environment, () => holder('first-run'), 0)
    await first.release()
    const second = await acquire(environment, () => holder('second-run'), 0)
    const failure = await failureOf(() => acquire(environment, () => holder('third-run'), 0))
    assert.is(failure.what, 'second-run holds the lock of production')
    assert.equal([first.previous, second.previous], [undefined, 'first-run'])
    await second.release()
  }),
)

/** Whether another user of this machine can take the lock; only root can try. */
async function strangerTakes({ directory }: Environment): Promise<boolean> {
  const stranger = ['--reuid=65534', '--regid=65534', '--clear-groups', '--']
  const { code, stderr } = await ended('setpriv', [
    ...stranger,
    ...['flock', '--nonblock', join(directory, '.lock'), 'true'],
  ])
  if (code !== 0) assert.match(stderr, 'Permission denied')
  return code === 0
}

for (const [what, before] of [
  ['a new one', undefined],
  ['one that was open to all', 0o644],
] as const)
  locking(`another user of the machine cannot hold it: ${what}`, () =>
    withEnvironment(async environment => {
      const file = join(environment.directory, '.lock')
      chmodSync(environment.directory, 0o755) // as a person makes it
      if (before !== undefined) writeFileSync(file, '{"run":"before","since":1}', { mode: before })
      const lock = await acquire(environment, () => holder('ours'), 0)
      await lock.release()
      assert.is(statSync(file).mode & 0o777, 0o600)
      assert.is(lock.previous, before === undefined ? undefined : 'before')
      if (process.getuid?.() === 0) assert.not(await strangerTakes(environment))
    }),
  )

locking('each environment has its own', () =>
  withEnvironment(one =>
    withEnvironment(async other => {
      const locks = [await acquire(one, () => holder('a'), 0), await acquire(other, () => holder('b'), 0)]
      for (const lock of locks) await lock.release()
    }),
  ),
)

locking('one that waits gets it when it is free', () =>
  withEnvironment(async environment => {
    const first = await acquire(environment, () => holder('first-run'), 0)
    const order: string[] = []
    const second = acquire(environment, () => holder('second-run'), 60_000).then(lock => {
      order.push('got it')
      return lock
    })
    await sleep(100)
    order.push('free')
    await first.release()
    await (await second).release()
    assert.equal(order, ['free', 'got it'])
  }),
)

locking('one that waited long enough stops', () =>
  withEnvironment(async environment => {
    const lock = await acquire(environment, () => holder('first-run'), 0)
    const started = Date.now()
    const failure = await failureOf(() => acquire(environment, () => holder('second-run'), 300)) // flock: whole seconds
    assert.ok(Date.now() - started >= 300)
    assert.is(failure.exitCode, 3)
    await lock.release()
  }),
)

locking('SIGKILL of the holder frees it: there is no stale lock', () =>
  withEnvironment(async environment => {
    const child = await holderProcess(environment)
    const failure = await failureOf(() => acquire(environment, () => holder('me'), 0))
    assert.is(failure.what, 'killed-run holds the lock of production')
    assert.match(failure.detail ?? '', `by bob, process ${child.pid}, since `)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await acquire(environment, () => holder('me'), 5000)
    assert.is(JSON.parse(readFileSync(join(environment.directory, '.lock'), 'utf8')).run, 'me')
    await lock.release()
  }),
)

locking('one that is killed while it waits leaves nobody who takes the lock later', () =>
  withEnvironment(async environment => {
    const lock = await acquire(environment, () => holder('first-run'), 0)
    const program = `
      import { acquire } from 'lib/run/lock.ts'
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300)
      await acquire({ name: 'production', directory: process.argv[1] }, () => ({}), 60_000)`
    await ended(process.execPath, [...evaluating(program), environment.directory])
    const { stdout } = await ended('pgrep', ['-f', `flock --wait.*${environment.directory}/.lock`])
    assert.is(stdout, '')
    await lock.release()
  }),
)

locking('the process that holds it knows no secret of ours', () =>
  withEnvironment(environment =>
    withVariables({ GHCR_TOKEN: 'sekrit' }, async () => {
      const lock = await acquire(environment, () => holder('first-run'), 0)
      const { stdout } = await ended('pgrep', ['-f', `flock.*${environment.directory}/.lock`])
      for (const pid of stdout.trim().split('\n'))
        assert.not.match(readFileSync(`/proc/${pid}/environ`, 'utf8'), 'GHCR_TOKEN')
      await lock.release()
    }),
  ),
)

locking('a holder that nobody can read is still a holder', () =>
  withEnvironment(async environment => {
    const lock = await acquire(environment, () => holder('first-run'), 0)
    for (const text of ['', 'null', '{}', '{"run":"first"}', '{"run":"fir']) {
      writeFileSync(join(environment.directory, '.lock'), text)
      const failure = await failureOf(() => acquire(environment, () => holder('second-run'), 0))
      assert.equal([failure.what, failure.exitCode], ['another run holds the lock of production', 3])
    }
    await lock.release()
  }),
)

locking.run()
