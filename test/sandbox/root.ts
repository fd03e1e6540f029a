import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../../lib/base/failure.ts'
import { unmountSmallDisks } from './disk.ts'
import { docker, dockerList, errand } from './docker.ts'

export type EnvironmentName = 'production' | 'staging'
export const environmentNames = ['production', 'staging'] as const

/**
 * The directory that plays /home/tracehub. Keep it short: sockets live below it, and the address of a
 * unix socket has 108 bytes (unix(7)).
 */
export const sandboxRoot =
  process.env['SANDBOX_ROOT'] ||
  (process.getuid?.() === 0 ? '/var/lib/tracehub-sandbox' : join(homedir(), '.tracehub-sandbox'))

const marker = join(sandboxRoot, '.made-by-tracehub-sandbox')
const secretNames = ['DB_PASSWORD', 'JWT_SECRET', 'VIZION_API_KEY', 'DEMO_PASSWORD'] as const

/**
 * Makes the root, or recognises it as ours by the marker in it.
 * @throws Failure when there is a directory with something in it that the sandbox did not make.
 */
export async function ensureRoot(): Promise<void> {
  if (existsSync(marker)) return
  await mkdir(sandboxRoot, { recursive: true })
  if ((await readdir(sandboxRoot)).length > 0)
    throw new Failure({
      what: `${sandboxRoot} is not empty, and the sandbox did not make it`,
      fix: 'choose another directory: SANDBOX_ROOT=/some/short/path',
    })
  await writeFile(marker, 'Made by test/sandbox, which removes what is in here.\n')
}

/**
 * Makes the directory of an environment as a VPS has it, with strong random secrets in its 0600
 * `.env.<name>`, and returns its path. What exists is kept.
 * @throws Failure when Docker already has a project of that name which is not the sandbox's.
 */
export async function makeEnvironmentDirectory(name: EnvironmentName): Promise<string> {
  await ensureRoot()
  const directory = join(sandboxRoot, name)
  if (!existsSync(directory)) await refuseForeignProject(name)
  for (const part of ['uploads', 'logs', 'backups']) await mkdir(join(directory, part), { recursive: true })
  const secrets = join(directory, `.env.${name}`)
  if (!existsSync(secrets)) {
    const lines = secretNames.map(key => `${key}=${randomBytes(32).toString('hex')}\n`)
    await writeFile(`${secrets}.new`, lines.join(''), { mode: 0o600 })
    await rename(`${secrets}.new`, secrets)
  }
  return directory
}

/**
 * Removes an environment completely: the containers, networks and volumes of its compose project, and
 * its directory, last, because the directory is what tells that the project is ours.
 * @throws Failure when the project is not the sandbox's: on a real VPS that would be users' data.
 */
export async function removeEnvironment(name: EnvironmentName | 'shared'): Promise<void> {
  const directory = join(sandboxRoot, name)
  if (!existsSync(directory)) return refuseForeignProject(name)
  await ensureRoot()
  const { containers, networks, volumes } = await project(name)
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  if (networks.length > 0) await docker('network', 'rm', ...networks)
  if (volumes.length > 0) await docker('volume', 'rm', ...volumes)
  await unmountSmallDisks(directory)
  await removeDirectory(directory)
}

/** The filter for what compose made for an environment. */
export const ofProject = (name: EnvironmentName | 'shared'): string =>
  `--filter=label=com.docker.compose.project=tracehub-${name}`

/** Ids of everything that compose made for an environment, one-off containers of `run` included. */
async function project(name: EnvironmentName | 'shared') {
  const [containers, networks, volumes] = await Promise.all([
    dockerList('ps', '--quiet', '--all', ofProject(name)),
    dockerList('network', 'ls', '--quiet', ofProject(name)),
    dockerList('volume', 'ls', '--quiet', ofProject(name)),
  ])
  return { containers, networks, volumes }
}

async function refuseForeignProject(name: EnvironmentName | 'shared'): Promise<void> {
  const found = Object.entries(await project(name)).filter(([, ids]) => ids.length > 0)
  if (found.length === 0) return
  throw new Failure({
    what: `Docker has a project tracehub-${name} which does not belong to the sandbox in ${sandboxRoot}`,
    detail: found.map(([kind, ids]) => `${kind}: ${ids.join(' ')}`).join('\n'),
    fix: 'if it is the leftover of another sandbox, take that one down, or remove these by hand',
  })
}

/** Containers leave files of their own users, which only root may remove: then a container does it. */
async function removeDirectory(directory: string): Promise<void> {
  if (process.getuid?.() !== 0)
    await errand(`removing ${directory}`, directory, 'find /here -mindepth 1 -delete')
  await rm(directory, { recursive: true, force: true })
}
