import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Failure } from '../../lib/base/failure.ts'
import { print } from './progress.ts'
import { ensureRoot, sandboxRoot } from './root.ts'

/**
 * Does `work` while no other process holds `file`; waits for its turn. A child holds the lock by flock(2)
 * until its standard input ends, which the kernel sees to if we die: there are no stale locks.
 * @param waiting called when somebody else has it
 */
export async function alone<T>(file: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const child = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // Ctrl-C must not take the lock away while we are still at work
  })
  const ended = once(child, 'exit')
  const hint = setTimeout(waiting, 500)
  try {
    await Promise.race([once(child.stdout, 'data'), ended.then(failed)])
    clearTimeout(hint)
    return await work()
  } finally {
    clearTimeout(hint)
    child.stdin.end()
    await ended.catch(() => {}) // that flock could not be started was thrown above
  }
}

function failed(): never {
  throw new Failure({ what: 'flock ended without taking the lock of the sandbox' })
}

/** Does `work` as the only one that uses the box's environments: there is one VPS, and everybody begins by emptying it. */
export async function aloneInTheBox<T>(work: () => Promise<T>): Promise<T> {
  await ensureRoot()
  const waiting = (): void => print('somebody else is at work in the box: waiting for the end of it')
  return alone(join(sandboxRoot, '.in-use'), waiting, work)
}
