import { existsSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commandOf } from '../base/command-text.ts'
import { UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'
import type { Edge, EdgeOverride, Environment } from './environment.ts'
import { checkSettings } from './settings-schema.ts'

/** Changes settings from outside without touching their files: the sandbox's box is made this way. */
export type Override = (environment: Environment) => Environment

const settingsDirectory = join(import.meta.dirname, '..', '..', 'environments')

/** The names of all environments: one settings file each. The TLS edge is none: it has nothing to deploy. */
export async function environmentNames(): Promise<string[]> {
  return (await all()).flatMap(({ kind, name }) => (kind === 'edge' ? [] : [name]))
}

/**
 * Loads an environment by name, or the one whose directory the person stands in.
 * `TRACEHUB_OVERRIDE` names a module whose default export is an {@link Override}.
 * @throws UsageError when the name is unknown, is that of the TLS edge, or is missing and not to be inferred.
 */
export async function loadEnvironment(name: string | undefined): Promise<Environment> {
  const target = await loadTarget(name, await environmentNames())
  if (target.kind !== 'edge') return target
  throw new UsageError(
    `${target.name} is the TLS edge: it has no releases, no database and no backups`,
    `${commandOf('deploy', target.name)}  installs and updates it; environments: ${(await environmentNames()).join(', ')}`,
  )
}

/** The TLS edge, where there are settings for one. */
export async function loadEdge(): Promise<Edge | undefined> {
  return (await all()).find(target => target.kind === 'edge')
}

/** An environment or the TLS edge. @throws UsageError as {@link loadEnvironment} does; `offered` are the names it lists. */
export async function loadTarget(
  name: string | undefined,
  offered?: readonly string[],
): Promise<Environment | Edge> {
  const names = await settingsNames()
  const listed = (offered ?? names).join(', ')
  if (name !== undefined) {
    if (!names.includes(name))
      throw new UsageError(`there is no environment ${shown(name)}`, `environments: ${listed}`)
    return load(name)
  }
  const here = process.cwd() + sep
  const found = (await all()).find(
    ({ directory }) => existsSync(directory) && here.startsWith(realpathSync(directory) + sep),
  )
  if (found) return found
  throw new UsageError(
    'no environment is given, and this is not the directory of one',
    `add -e <name>; environments: ${listed}`,
  )
}

async function settingsNames(): Promise<string[]> {
  const files = await readdir(settingsDirectory)
  return files.flatMap(file => /^([a-z][a-z0-9-]*)\.ts$/.exec(file)?.[1] ?? []).sort()
}

const all = async () => Promise.all((await settingsNames()).map(load))

/** The environment that a branch is deployed to. @throws UsageError when there is none. */
export async function environmentOfBranch(branch: string): Promise<Environment> {
  const all = await Promise.all((await environmentNames()).map(loadEnvironment))
  const found = all.find(environment => environment.branch === branch)
  if (found) return found
  throw new UsageError(
    `no environment is deployed from the branch ${shown(branch)}`,
    `branches: ${all.map(environment => environment.branch).join(', ')}`,
  )
}

async function load(name: string): Promise<Environment | Edge> {
  const file = `environments/${name}.ts`
  const settings = await importModule(join(settingsDirectory, `${name}.ts`))
  const target = checkSettings(file, settings.default)
  if (target.name !== name)
    throw new UsageError(`${file}: name is ${shown(target.name)}, and ${shown(name)} was expected`)
  const changed = process.env['TRACEHUB_OVERRIDE']
  if (!changed) return target
  const override = await importModule(changed)
  return checkSettings(`${file} as ${shown(changed)} changes it`, overridden(target, override))
}

function overridden(target: Environment | Edge, override: { default?: unknown; edge?: unknown }): unknown {
  if (target.kind !== 'edge') return (override.default as Override)(target)
  return override.edge ? (override.edge as EdgeOverride)(target) : target
}

async function importModule(file: string): Promise<{ default?: unknown; edge?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { default?: unknown; edge?: unknown } // or without them
  } catch (error) {
    throw new UsageError(`${shown(file)} does not load: ${error instanceof Error ? error.message : error}`)
  }
}
