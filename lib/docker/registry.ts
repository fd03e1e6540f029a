import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { registerSecret } from '../base/redact.ts'
import { attempt, commandFailed } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'

/** How to talk to the registry: the words that follow `docker`. */
export type RegistryAccess = readonly string[]

/** Where a login of ours lives while it lasts. A killed run's is removed by the next one. */
export const loginDirectory = ({ directory }: Pick<Environment, 'directory'>): string =>
  join(directory, '.registry-login')

/** The registry of an image name: `ghcr.io`, `127.0.0.1:5050`; Docker Hub where none is named. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io'
}

type Act<T> = (access: RegistryAccess) => Promise<T>

/**
 * Does something with the registry of the environment's images, logged in where `GHCR_TOKEN` or `GITHUB_TOKEN` is
 * set. The token goes in by standard input; the login is in a directory of its own, so that nobody else's login is
 * touched, and is logged out and removed afterwards. A machine that has no environment says which directory.
 */
export const withRegistry = <T>(environment: Environment, act: Act<T>, directory?: string): Promise<T> =>
  loggedIn(directory ?? loginDirectory(environment), registryOf(environment.images.backend), act)

/** The same with a registry of the caller's choice. */
export async function loggedIn<T>(directory: string, registry: string, act: Act<T>): Promise<T> {
  const token = process.env['GHCR_TOKEN'] || process.env['GITHUB_TOKEN']
  if (!token) return act([])
  registerSecret(token)
  const user = process.env['GHCR_USER'] || process.env['GITHUB_ACTOR'] || 'token'
  const access = ['--config', directory]
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    const command = ['docker', ...access, 'login', registry, '--username', user, '--password-stdin']
    const login = await attempt(command, { input: token, timeout: 60_000 })
    if (!login.ok)
      throw new Failure({
        what: `the registry ${registry} refused the login as ${user}, or cannot be reached`,
        detail: lastLines(login.stderr, 3) || commandFailed(command, login).what,
        fix: `check that the network reaches ${registry} and that GHCR_TOKEN may read packages`,
      })
    return await act(access)
  } finally {
    await attempt(['docker', ...access, 'logout', registry])
    rmSync(directory, { recursive: true, force: true })
  }
}
