import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { exitCodes, Failure } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { userName } from '../base/user.ts'
import type { Place } from '../environment/environment.ts'

/** Who holds an environment's lock. */
export interface Holder {
  readonly run: string
  readonly who: string
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly since: number
  readonly log: string
}

/** Held from `acquire` until `release`, or until this process ends, however it ends. */
export interface Lock {
  /** The run that held it last, as far as that is known: no clock has to be right for it. */
  readonly previous: string | undefined
  release(): Promise<void>
}

const lockFile = (environment: Place): string => join(environment.directory, '.lock')

/** flock's own exit code for "somebody else has it", so that it is no other failure's. */
const conflict = 75

/**
 * Takes the environment's lock, waiting at most `wait` ms for it.
 *
 * A child holds it by flock(2) and lives as long as our end of its standard input is open. The kernel closes
 * that end when we die, so there is no stale lock and nothing to unlock by hand.
 *
 * @param holder asked when the lock is ours: a run's name is the moment in which it really began
 * @throws Failure with exit code 3 that names the holder.
 */
export async function acquire(environment: Place, holder: () => Holder, wait: number): Promise<Lock> {
  const file = lockFile(environment)
  makeLockFile(file)
  const patience = wait > 0 ? ['--wait', String(Math.ceil(wait / 1000))] : ['--nonblock']
  const flock = ['flock', ...patience, '--conflict-exit-code', String(conflict), file]
  // Should we be killed while we wait, nobody is left who would take the lock for us later.
  const words = ['--pdeathsig', 'KILL', '--', ...flock, 'sh', '-c', 'echo held; exec cat']
  const child = spawn('setpriv', words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // Ctrl-C must not take the lock away
    env: { PATH: process.env['PATH'] }, // it lives as long as the run: our secrets are not its business
  })
  const closed = once(child, 'close').then(
    ([code]): number | null => code,
    ({ message }) => {
      throw new Failure({ what: `flock cannot be started: ${message}`, fix: 'apt-get install util-linux' })
    },
  )
  const held = once(child.stdout, 'data').then(() => 'held' as const)
  const code = await Promise.race([held, closed])
  if (code !== 'held') throw refused(file, code, environment)
  const release = async (): Promise<void> => {
    child.stdin.end()
    await closed
  }
  try {
    const previous = readHolder(file)?.run
    nameHolder(file, holder())
    return { previous, release }
  } catch (error) {
    await release() // nobody else would: the child lives as long as we do, and would keep us alive
    throw error
  }
}

/**
 * flock(2) asks for no more than an open file, so whoever may read this one may stop every run: it is for its owner
 * alone. One from before is closed, too.
 */
function makeLockFile(file: string): void {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      const { mode, uid } = fstatSync(descriptor)
      const mayClose = uid === process.getuid?.() || process.getuid?.() === 0
      if ((mode & 0o077) !== 0 && mayClose) fchmodSync(descriptor, 0o600)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (isCode(error, 'ENOSPC', 'EDQUOT')) return // flock says so
    if (!isCode(error, 'EACCES')) throw error
    const me = userName()
    throw new Failure({
      what: `${me} may not open ${file}, the lock`,
      fix: `work as its owner, or: sudo chown ${me} ${file}`,
    })
  }
}

/** On a disk that is full the holder stays unnamed: a run must come to the preflight, which says what is full. */
function nameHolder(file: string, holder: Holder): void {
  try {
    writeFileSync(file, JSON.stringify(holder))
  } catch (error) {
    if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error
  }
}

function refused(file: string, code: number | null, environment: Place): Failure {
  if (code !== conflict) return new Failure({ what: `flock ${file} failed with exit code ${code}` })
  const holder = readHolder(file)
  if (!holder)
    return new Failure({ what: `another run holds the lock of ${environment.name}` }, exitCodes.locked)
  return new Failure(
    {
      what: `${holder.run} holds the lock of ${environment.name}`,
      detail: `by ${holder.who}, process ${holder.pid}, since ${new Date(holder.since).toISOString()}\nlog: ${holder.log}`,
      fix: 'wait for it: add --wait 10m',
    },
    exitCodes.locked,
  )
}

/**
 * Who holds the lock now, read from the kernel's own list (proc_locks(5)): taking it only to find out would make
 * another run fail in that moment. Undefined when nobody does.
 */
export function holderOf(environment: Place): Holder | 'unknown' | undefined {
  const file = lockFile(environment)
  const inode = statSync(file, { throwIfNoEntry: false })?.ino
  if (inode === undefined) return undefined
  // `1: FLOCK  ADVISORY  WRITE 4711 08:01:262147 0 EOF`; on some file systems stat(2) has another device than the kernel.
  const held = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some(line => line.includes('FLOCK') && !line.includes('->') && line.includes(`:${inode} `))
  return held ? (readHolder(file) ?? 'unknown') : undefined
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder | null // written by acquire alone
    return holder && Number.isFinite(holder.since) ? holder : undefined
  } catch {
    return undefined // the holder has not written it yet
  }
}
