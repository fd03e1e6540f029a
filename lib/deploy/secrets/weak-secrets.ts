import { commandOf } from '../../base/command-text.ts'
import type { Problem } from '../../base/failure.ts'
import type { Environment } from '../../environment/environment.ts'
import { type Secrets, secretsFile } from '../../environment/secrets.ts'
import { rotatable } from './rotation.ts'
import { weakness } from './strength.ts'

/** Every secret that could be guessed. One that is missing or a placeholder was named already. */
export function weaknesses(environment: Environment, secrets: Secrets): Problem[] {
  return Object.entries(environment.secrets).flatMap(([name, { leastLength }]) => {
    const value = secrets[name]
    const weak = value && leastLength !== undefined ? weakness(value, leastLength) : undefined
    return weak ? [{ what: `${name} is weak: ${weak}`, fix: replacing(environment, name) }] : []
  })
}

export const replacing = (environment: Environment, name: string): string =>
  rotatable.some(rotated => rotated === name)
    ? commandOf('secrets', environment.name, `rotate ${name}`)
    : `set a better one in ${secretsFile(environment)} (openssl rand -hex 32 makes one), then deploy --force`
