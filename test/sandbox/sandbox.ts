import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describeProblem, Failure, UsageError } from '../../lib/base/failure.ts'
import { columns, count } from '../../lib/base/text.ts'
import { ensurePrograms } from './apt.ts'
import { ensureBaseImage } from './base-image.ts'
import { buildAndPushVersions, buildBaseImages, registry } from './build-images.ts'
import { composeVersion, ensureCompose } from './compose-binaries.ts'
import { docker, dockerList } from './docker.ts'
import { engineVersion, ensureEngine } from './engine.ts'
import { alone } from './lock.ts'
import { print, type Say, stopwatch } from './progress.ts'
import { ensureRegistry, registryAnswers, removeRegistry } from './registry.ts'
import {
  type EnvironmentName,
  ensureRoot,
  environmentNames,
  ofProject,
  removeEnvironment,
  sandboxRoot,
} from './root.ts'

/**
 * Has the VPS in a box: a Docker Engine, Compose v2, a registry with a login that holds TraceHub's
 * versions, and the directory that plays /home/tracehub. Does what is missing, and only that.
 */
export async function sandboxUp(say: Say = print): Promise<void> {
  const elapsed = stopwatch()
  await inTurn(say, async () => {
    const engine = await ensureEngine(say)
    await ensureBaseImage(say)
    const compose = ensureCompose(say)
    const images = ensureImages(say)
    await Promise.allSettled([compose, images]) // if one fails, the other must not go on behind our back
    await images
    const versions = `Docker Engine ${engine}, Compose ${await compose}, registry ${registry.host}`
    say(`sandbox is up: ${versions} ${elapsed()}`)
  })
}

async function ensureImages(say: Say): Promise<void> {
  await buildBaseImages(say)
  await ensureRegistry(say)
  await buildAndPushVersions(say)
}

/**
 * Removes both environments, the TLS edge and the registry's container. The engine stays, and so do the images and
 * what was pushed, unless told to remove `everything`.
 */
export async function sandboxDown(say: Say = print, extent?: 'everything'): Promise<void> {
  if (!existsSync(sandboxRoot)) return say('no sandbox is up')
  await inTurn(say, async () => {
    if (!(await engineVersion())) return say('no Docker Engine answers, so nothing of the sandbox runs')
    for (const name of [...environmentNames, 'shared'] as const) await removeEnvironment(name)
    await removeRegistry(extent)
    if (extent) await removeImages()
    say(extent ? 'sandbox is down, its images and its registry are removed' : 'sandbox is down')
  })
}

async function removeImages(): Promise<void> {
  const ours = ['tracehub-sandbox/*', `${registry.host}/*/*`].map(name => `--filter=reference=${name}`)
  const images = new Set(await dockerList('image', 'ls', '--quiet', '--no-trunc', ...ours))
  if (images.size > 0) await docker('image', 'rm', '--force', ...images)
}

/** Says what is there, a line each, and returns whether the sandbox is up. */
export async function sandboxStatus(say: Say = line => console.log(line)): Promise<boolean> {
  const engine = await engineVersion()
  const compose = engine && (await composeVersion())
  const answers = engine !== undefined && (await registryAnswers())
  const rows = [
    ['Docker Engine', engine ?? 'does not answer'],
    ['Compose', compose ?? 'not found'],
    ['registry', `${registry.host} ${answers ? 'answers' : 'does not answer'}`],
  ]
  if (engine) for (const name of environmentNames) rows.push([name, await environmentStatus(name)])
  for (const row of columns(rows).split('\n')) say(row)
  return compose !== undefined && answers
}

async function environmentStatus(name: EnvironmentName): Promise<string> {
  const directory = join(sandboxRoot, name)
  if (!existsSync(directory)) return 'none'
  const states = await dockerList('ps', '--all', ofProject(name), '--format', '{{.State}}')
  if (states.length === 0) return `no containers, ${directory}`
  const running = states.filter(state => state === 'running').length
  return `${running} of ${count(states.length, 'container')} running, ${directory}`
}

/** One `up` or `down` at a time. */
async function inTurn(say: Say, work: () => Promise<void>): Promise<void> {
  await ensurePrograms(say, { flock: ['util-linux'], setpriv: ['util-linux'] })
  await ensureRoot()
  const waiting = (): void => say('another up or down of this sandbox is at work: waiting for it')
  await alone(join(sandboxRoot, '.lock'), waiting, work)
}

const usage = `Usage: npx tsx test/sandbox/sandbox.ts <command>

  up          installs, builds and starts what is missing
  down        removes both environments, the TLS edge and the registry; the engine and the images stay
  down --all  also removes the images and what was pushed to the registry
  status      says what is there; exit code 1 when the sandbox is not up
`

async function main(command: string): Promise<number> {
  if (command === 'up') await sandboxUp()
  else if (command === 'down') await sandboxDown()
  else if (command === 'down --all') await sandboxDown(print, 'everything')
  else if (command === 'status') return (await sandboxStatus()) ? 0 : 1
  else if (/^(-h|--help|help)$/.test(command)) process.stdout.write(usage)
  else
    throw new UsageError(
      command ? `there is no command ${JSON.stringify(command)}` : 'no command is given',
      usage,
    )
  return 0
}

async function started(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2).join(' '))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write(`✗ ${describeProblem(error)}\n`)
    process.exitCode = error.exitCode
  }
}

if (import.meta.filename === process.argv[1]) void started()
