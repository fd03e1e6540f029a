import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../../lib/base/failure.ts'
import type { Environment } from '../../lib/environment/environment.ts'
import { type Images, pinned, type Release } from '../../lib/environment/releases.ts'

/** The toolkit's own directory. */
export const toolkit = join(import.meta.dirname, '..', '..')
export const tsx = join(toolkit, 'node_modules', '.bin', 'tsx')
/** What makes Node run TypeScript, from any directory. */
export const loader = join(toolkit, 'node_modules', 'tsx', 'dist', 'loader.mjs')

/** Node's arguments that run a program of a few lines. What it imports of ours it names from the toolkit's root. */
export function evaluating(program: string): string[] {
  const imports = /^\s*import (\{.*\}) from '(.*)'$/gm
  const required = [...program.matchAll(imports)].map(([, names, from = '']) => {
    const file = from.startsWith('lib/') ? join(toolkit, from) : from
    return `const ${names} = require(${JSON.stringify(file)});`
  })
  const body = `${required.join('\n')}\nvoid (async () => {${program.replace(imports, '')}\n})()`
  return ['--import', loader, '--input-type=commonjs', '--eval', body]
}

/** A directory that exists while `act` runs. */
export async function inTemporary<T>(act: (directory: string) => Promise<T> | T): Promise<T> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tracehub-')))
  try {
    return await act(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** An engine that is asked by the docker CLI alone. */
export const elsewhere = 'ssh://docker.invalid'

/** Runs `act` where a shell script answers as `docker`, in a directory of its own. */
export const withDocker = <T>(script: string, act: (directory: string) => Promise<T> | T): Promise<T> =>
  inTemporary(async directory => {
    const programs = join(directory, 'programs')
    mkdirSync(programs)
    writeFileSync(join(programs, 'docker'), `#!/bin/sh\ncd ${directory}\n${script}\n`, { mode: 0o755 })
    const variables = { PATH: `${programs}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }
    return withVariables(variables, () => act(directory))
  })

export const day = 24 * 60 * 60_000

/** An environment like production, in a directory of its own. */
export function environmentIn(directory: string, changes: Partial<Environment> = {}): Environment {
  return {
    name: 'production',
    directory,
    project: 'tracehub-production',
    suffix: 'prod',
    domain: 'tracehub.example',
    branch: 'main',
    strategy: 'blue-green',
    confirm: true,
    rehearse: false,
    ports: { backend: 8000, frontend: 3000, database: 5432 },
    images: {
      backend: 'registry.example/tracehub-backend',
      frontend: 'registry.example/tracehub-frontend',
      database: 'postgres:17',
      proxy: 'haproxy:3',
    },
    sources: { backend: 'backend', frontend: 'frontend' },
    database: { name: 'tracehub', user: 'keeper' },
    secrets: {
      DB_PASSWORD: { services: ['db'], as: 'POSTGRES_PASSWORD' },
      JWT_SECRET: { services: ['backend'] },
      SENTRY_DSN: { services: ['backend'], optional: true },
    },
    smokeTests: [],
    externalChecks: [],
    timeouts: { pull: 1, backup: 1, healthy: 1, migrate: 1, request: 1, drain: 1 },
    stability: 1,
    retention: { releases: 5, backups: 10 },
    windows: { logs: 30 * day, standby: 7 * day, databases: 14 * day, compress: 2 * day },
    alarms: {
      ...{ backup: 7 * day, proof: 31 * day, certificate: 21 * day, diskFree: 0.1, inodesFree: 0.05 },
      ...{ connections: 0.8, memory: 0.9 },
    },
    diskReserve: 0,
    memoryReserve: 0,
    ...changes,
  }
}

/** `registry.example/<name>@sha256:…`, another one for each number below 256. */
export const image = (name: string, number: number) =>
  pinned(`registry.example/${name}@sha256:${number.toString(16).padStart(2, '0').repeat(32)}`)

export const images = (number: number): Images => ({
  backend: image('backend', number),
  frontend: image('frontend', number),
})

/** The release of that number, which replaced the one before it. */
export function release(number: number, changes: Partial<Release> = {}): Release {
  return {
    release: number,
    previous: number === 1 ? null : number - 1,
    kind: 'deploy',
    at: number * 60_000,
    run: `run-${number}`,
    who: 'ada',
    tag: `main-${number}`,
    images: images(number),
    colour: number % 2 === 1 ? 'blue' : 'green',
    schema: `rev${number}`,
    ...changes,
  }
}

export interface Captured {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: typeof process.exitCode
}

/** What `act` prints and which exit code it sets. The test's own process keeps neither. */
export async function captured(act: () => Promise<unknown> | unknown): Promise<Captured> {
  const { exitCode } = process
  const write = { stdout: process.stdout.write, stderr: process.stderr.write }
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    process[stream].write = (chunk: string | Uint8Array) => {
      said[stream] += chunk.toString()
      return true
    }
  try {
    await act()
    return { ...said, exitCode: process.exitCode }
  } finally {
    process.stdout.write = write.stdout
    process.stderr.write = write.stderr
    process.exitCode = exitCode
  }
}

/** The failure that `act` ends with. */
export async function failureOf(act: () => Promise<unknown> | unknown): Promise<Failure> {
  try {
    await act()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('expected a failure; there was none')
}

/** Runs `act` with these environment variables; `undefined` takes one away. */
export async function withVariables<T>(
  variables: Readonly<Record<string, string | undefined>>,
  act: () => Promise<T> | T,
): Promise<T> {
  const before = { ...process.env }
  const set = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const name of Object.keys(variables)) {
      const value = values[name]
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  set(variables)
  try {
    return await act()
  } finally {
    set(before)
  }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A real process from its start to its end; its standard input is closed. */
export function ended(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const env = { ...process.env, ...options.env }
  const child = spawn(command, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}
