import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../../lib/base/failure.ts'
import { attempt, run } from '../../../lib/base/shell.ts'
import { lastLines } from '../../../lib/base/text.ts'
import { ensurePrograms } from '../apt.ts'
import { ensureEngine, ownEngine, stopEngine } from '../engine.ts'
import { type Say, stopwatch } from '../progress.ts'
import { sandboxRoot } from '../root.ts'
import { sandboxDown } from '../sandbox.ts'
import { connect, disconnect } from './network.ts'

/**
 * A VPS of its own on this machine: a network, processes and file systems of its own (unshare(1)) with a Docker Engine
 * in it. What runs in one box sees the others no more than two machines see each other, so that 127.0.0.1:8000 is its
 * own, and an engine that is killed or a disk that is full harms no other.
 */
export interface Box {
  readonly number: number
  /** The words that run a command in it, in the repository's directory. */
  readonly enter: readonly string[]
  /** Ends every process in it and removes its files. */
  remove(): Promise<void>
}

const repository = join(import.meta.dirname, '..', '..', '..')
const boxesRoot = `${sandboxRoot}-boxes`
const dockerRoot = '/var/lib/docker'

/** Whether boxes can be made here: as root, where the sandbox's engine is its own, which is stopped while it is copied. */
export const canMakeBoxes = (): boolean => process.getuid?.() === 0 && ownEngine() !== undefined

/**
 * Makes boxes from the sandbox, which must be up: its images and its registry are copied, its environments removed.
 * @throws Failure when the machine does not allow it.
 */
export async function makeBoxes(count: number, say: Say): Promise<Box[]> {
  const elapsed = stopwatch()
  await ensurePrograms(say, { ip: ['iproute2'], iptables: ['iptables'], unshare: ['util-linux'] })
  await sandboxDown(() => {})
  await stopEngine()
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  try {
    for (const number of numbers) await fill(number)
  } finally {
    await ensureEngine(() => {})
  }
  const boxes = await Promise.all(numbers.map(start))
  say(`${boxes.length} boxes are up ${elapsed()}`)
  return boxes
}

const directoryOf = (number: number): string => join(boxesRoot, String(number))

/** Copies the stopped engine's data and the sandbox's own directory. */
async function fill(number: number): Promise<void> {
  const directory = directoryOf(number)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await run(['cp', '--archive', '--reflink=auto', dockerRoot, join(directory, 'docker')])
  await run(['cp', '--archive', sandboxRoot, join(directory, 'sandbox')])
}

/** Starts its first process, which ends with us, and in it the engine and the registry. */
async function start(number: number): Promise<Box> {
  const directory = directoryOf(number)
  const init = [join(import.meta.dirname, 'init.sh'), directory, sandboxRoot, repository]
  const spaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--mount-proc', '--kill-child']
  const parent = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...spaces, ...init], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is ours to answer
  })
  let complaints = ''
  parent.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk
  })
  const ended = once(parent, 'close').then(() => failed(number, complaints))
  await Promise.race([once(parent.stdout, 'data'), ended])
  ended.catch(() => {}) // when the box is removed, that is no failure
  const first = firstProcess(parent)
  await connect(number, first)
  const enter = [
    ...['nsenter', '--target', String(first), '--mount', '--net', '--pid', '--uts', '--ipc'],
    ...['setpriv', '--pdeathsig', 'KILL', 'env', `--chdir=${repository}`], // it ends with nsenter, which forks
  ]
  await run([...enter, join('node_modules', '.bin', 'tsx'), join('test', 'sandbox', 'sandbox.ts'), 'up'])
  return { number, enter, remove: () => remove(number, parent, first) }
}

function failed(number: number, complaints: string): never {
  throw new Failure({
    what: `box ${number} could not be made: its first process ended`,
    detail: lastLines(complaints, 5),
    fix: 'BOXES=0 runs all tests on the machine itself, one after another',
  })
}

/** unshare's child is process 1 in there. */
function firstProcess(parent: ChildProcess): number {
  const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
  return Number.parseInt(children, 10)
}

/** With its first process, the kernel ends all others, and unmounts what only they saw. */
async function remove(number: number, parent: ChildProcess, first: number): Promise<void> {
  const ended = once(parent, 'exit')
  if (existsSync(`/proc/${first}`)) process.kill(first, 'SIGKILL')
  await ended
  await disconnect(number)
  await attempt(['rm', '-rf', directoryOf(number)])
}
