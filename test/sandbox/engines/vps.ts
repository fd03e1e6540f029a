import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../../lib/base/failure.ts'
import { run } from '../../../lib/base/shell.ts'
import { lastLines } from '../../../lib/base/text.ts'
import { ensurePrograms } from '../apt.ts'
import { buildCurrentEngine } from '../build-images.ts'
import { baseImage, docker } from '../docker.ts'
import { type Say, stopwatch } from '../progress.ts'
import { registryVolume } from '../registry.ts'
import { sandboxRoot } from '../root.ts'

/** Where Docker keeps images: in its own way of old, or in containerd's, the default of new installations since 29. */
export type Store = 'classic' | 'containerd'

const repository = join(import.meta.dirname, '..', '..', '..')
const work = `${sandboxRoot}-engine-current`
const system = join(work, 'system')
/** What the VPS is given: the sandbox's images and registry, and a Node that gets fixes for longer than the tests' own. */
const given = join(work, 'given')
export const givenThere = '/opt/given'
const node = `node-linux-${process.arch}@24.22.3`
const nodePrograms = join('node_modules', node.replace(/@.*/, ''), 'bin')

/** What the engine in there needs to build and run the versions of the sandbox. */
const images = ['postgres', 'haproxy', 'python', 'nginx', 'registry'].map(name => `tracehub-sandbox/${name}`)

/** Fetches and packs what the VPS is given. The sandbox is up. */
export async function pack(say: Say): Promise<void> {
  const elapsed = stopwatch()
  await ensurePrograms(say, { ip: ['iproute2'], unshare: ['util-linux'] })
  await buildCurrentEngine(say)
  await rm(work, { recursive: true, force: true })
  await mkdir(join(given, 'registry'), { recursive: true })
  // With all of our environment, as `npm ci` has: the machine's certificates may be named there.
  const words = ['install', '--prefix', given, '--no-save', '--no-audit', '--no-fund', node]
  execFileSync('npm', words, { stdio: 'pipe', timeout: 300_000 })
  await docker('save', '--output', join(given, 'images.tar'), baseImage, ...images)
  const pushed = await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', registryVolume)
  await run(['cp', '--archive', `${pushed}/.`, join(given, 'registry')])
  say(`${node}, ${images.length} images and the registry are packed ${elapsed()}`)
}

export interface Vps {
  /** The words that run a command in it, in the repository's directory. */
  readonly enter: readonly string[]
  remove(): Promise<void>
}

/**
 * Starts a VPS with the next release of Debian, on which nothing runs yet: a network, processes and file systems of its
 * own (unshare(1)), and a root of its own.
 * @throws Failure when the machine does not allow it.
 */
export async function startVps(store: Store): Promise<Vps> {
  await rm(system, { recursive: true, force: true })
  await mkdir(system, { recursive: true })
  const container = await docker('create', 'tracehub-sandbox/engine-current')
  await run(['bash', '-c', 'docker export "$0" | tar --extract --directory "$1"', container, system])
  await docker('rm', container)
  const spaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child']
  const first = [join(import.meta.dirname, 'vps.sh'), system, repository, given, givenThere]
  const parent = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...spaces, ...first], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  parent.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk
  })
  const ended = once(parent, 'close').then(() => {
    throw new Failure({ what: 'no VPS with its own root can be made here', detail: lastLines(complaints, 5) })
  })
  await Promise.race([once(parent.stdout, 'data'), ended])
  ended.catch(() => {}) // when it is removed, that is no failure
  const child = Number.parseInt(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8'), 10)
  const path = [
    join(givenThere, nodePrograms),
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]
  return {
    enter: [
      ...['nsenter', '--target', `${child}`, '--mount', '--net', '--pid', '--uts', '--ipc'],
      ...['env', `--chdir=${repository}`, '--ignore-environment', 'HOME=/root', 'LANG=C.UTF-8'],
      ...[`PATH=${path.join(':')}`, `STORE=${store}`, `SANDBOX_ROOT=${sandboxRoot}`],
    ],
    async remove() {
      const over = once(parent, 'exit')
      if (existsSync(`/proc/${child}`)) process.kill(child, 'SIGKILL')
      await over
      await rm(system, { recursive: true, force: true })
    },
  }
}

export const unpack = (): Promise<void> => rm(work, { recursive: true, force: true })
