import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { RunEvent } from '../../lib/run/events.ts'
import { readEvents } from '../../lib/run/run-log.ts'
import { registry } from './build-images.ts'
import { docker, dockerList } from './docker.ts'
import { type EnvironmentName, makeEnvironmentDirectory, removeEnvironment, sandboxRoot } from './root.ts'

const project = join(import.meta.dirname, '..', '..')
const override = join(import.meta.dirname, 'override.ts')

/** What a script of ours did, as whoever started it sees it. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

export interface Started {
  readonly pid: number
  readonly done: Promise<Finished>
  kill(signal: NodeJS.Signals): void
}

/** Points scripts at the box, and logs them in to its registry. */
export const scriptEnvironment = {
  TRACEHUB_OVERRIDE: override,
  GHCR_USER: registry.user,
  GHCR_TOKEN: registry.password,
} as const

/** What production wants an answer to, and these tests have no terminal. */
const asking = ['rollback', 'cleanup', 'secrets']

/** Starts a script as cron or CI does, with the registry's token in the environment. */
export function start(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
  toolkit = project,
): Started {
  const began = Date.now()
  const words = asking.includes(script) ? [...args, '--yes'] : args
  const child = spawn(join(toolkit, 'scripts', `${script}.ts`), words, {
    cwd: toolkit,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...scriptEnvironment, ...env },
  })
  let stdout = ''
  let stderr = ''
  // Decoded as a whole: a ✓ may come in two pieces.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const done = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr, seconds: (Date.now() - began) / 1000 }))
  })
  if (child.pid === undefined) throw new Error(`${script} did not start`)
  return { pid: child.pid, done, kill: signal => void child.kill(signal) }
}

export const script = (
  name: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Finished> => start(name, args, env).done

/** Runs a script on a terminal of its own (script(1)) and types into it once it has printed `prompt`. */
export function onTerminal(
  command: string,
  prompt: string,
  typed: string,
  env: Record<string, string> = {},
): Promise<Finished> {
  const began = Date.now()
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: project,
    env: { ...process.env, ...scriptEnvironment, TERM: 'xterm', COLUMNS: '80', ...env },
  })
  child.stdin.on('error', () => {}) // it has ended before we could type
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const before = stdout
    stdout += chunk
    if (!before.includes(prompt) && stdout.includes(prompt)) child.stdin.write(typed)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(
        new Error(
          `${command} has not ended in ten minutes; ${prompt} was awaited in:\n${stdout.slice(-2000)}`,
        ),
      )
    }, 600_000)
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr: '', seconds: (Date.now() - began) / 1000 })
    })
  })
}

export const deploy = (name: EnvironmentName, tag: string, ...more: readonly string[]): Promise<Finished> =>
  script('deploy', ['-e', name, '--tag', tag, ...more])

export const rollback = (name: EnvironmentName, ...more: readonly string[]): Promise<Finished> =>
  script('rollback', ['-e', name, '-t', 'deployment', ...more])

/** An environment as on a new VPS: a directory with secrets in it and nothing else. */
export async function freshEnvironment(name: EnvironmentName): Promise<string> {
  await removeEnvironment(name)
  return makeEnvironmentDirectory(name)
}

export const directoryOf = (name: EnvironmentName | 'shared'): string => join(sandboxRoot, name)

const portOf = {
  production: { backend: 8000, frontend: 3000 },
  staging: { backend: 8100, frontend: 3100 },
} as const
export const url = (name: EnvironmentName, part: 'backend' | 'frontend' = 'backend'): string =>
  `http://127.0.0.1:${portOf[name][part]}`

/**
 * One GET without any of the toolkit's code; undefined where nobody answers within so many ms. Not by fetch: of a
 * server that goes away in mid-answer Node 20's may say nothing at all, and a test that waits for it ends without a word.
 */
export function answerOf(
  address: string,
  patience = 30_000,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders } | undefined> {
  return new Promise(resolve => {
    const asked = get(address, { agent: false, timeout: patience }, answer => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers })
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', () => resolve(undefined))
  })
}

/** What users get. */
export async function liveVersion(name: EnvironmentName): Promise<string> {
  const address = `${url(name)}/api/version`
  const answer = await answerOf(address)
  if (!answer) throw new Error(`nobody answers on ${address}`)
  return `${answer.headers['x-version']}`
}

/** The schema's revision, asked of PostgreSQL itself. */
export async function revision(name: EnvironmentName): Promise<string> {
  const [database] = await dockerList('ps', '--quiet', ...ofService(name, 'db'))
  return docker(
    'exec',
    `${database}`,
    ...'psql -U tracehub -d tracehub -Atc'.split(' '),
    'select version_num from alembic_version',
  )
}

const ofService = (name: EnvironmentName, service: string): string[] => [
  ...['--filter', `label=com.docker.compose.project=tracehub-${name}`],
  ...['--filter', `label=com.docker.compose.service=${service}`],
]

/** Every container of an environment as `name state`, one-off ones included. */
export async function containers(name: EnvironmentName): Promise<string[]> {
  const filter = ['--filter', `label=com.docker.compose.project=tracehub-${name}`]
  return (await docker('ps', '--all', ...filter, '--format', '{{.Names}} {{.State}}')).split('\n').sort()
}

/** The names of the services that run: `backend-blue`, `db` … */
export async function runningServices(name: EnvironmentName): Promise<string[]> {
  const filter = ['--filter', `label=com.docker.compose.project=tracehub-${name}`]
  const format = '{{.Label "com.docker.compose.service"}}'
  return (await dockerList('ps', ...filter, '--format', format)).sort()
}

export const mapOnDisk = (name: EnvironmentName): string =>
  readFileSync(join(directoryOf(name), 'proxy', 'live.map'), 'utf8').trim()

/** The logs of an environment's runs, oldest first. */
export function runIds(name: EnvironmentName | 'shared'): string[] {
  const directory = join(directoryOf(name), 'logs', 'runs')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(file => file.endsWith('.jsonl'))
    .sort()
}

/** The events of the newest run. */
export function lastEvents(name: EnvironmentName | 'shared'): RunEvent[] {
  const newest = runIds(name).at(-1)
  return newest ? readEvents(readFileSync(join(directoryOf(name), 'logs', 'runs', newest), 'utf8')) : []
}

/** A line about what a long test is doing, for whoever watches. */
export function say(text: string): void {
  process.stdout.write(`· ${text}\n`)
}
