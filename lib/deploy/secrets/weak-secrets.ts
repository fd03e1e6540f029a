import { commandOf } from '../../base/command-text.ts'
import type { Problem } from '../../base/failure.ts'
import type { Environment } from '../../environment/environment.ts'
import { type Secrets, secretsFile } from '../../environment/secrets.ts'
import { rotatable } from './rotation.ts'

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

/** What people type when they are asked for a password, and what an attacker tries first. */
const common =
  /pass(word|wort)|secret|tracehub|vibotaj|admin|letmein|welcome|qwert|asdf|abc|123|postgres|demo|test|!@#\$%\^&\*\(?\)?/gi

/** Why a secret could be guessed; undefined when it could not. */
export function weakness(value: string, leastLength: number): string | undefined {
  if (value.length < leastLength) return `${value.length} characters; at least ${leastLength} are expected`
  const different = new Set(value).size
  if (different < 8) return `only ${different} different characters`
  const rest = value.replaceAll(common, '')
  const symbols = rest.match(/[^\p{L}\p{N}\s]/gu) ?? []
  const kinds = new Set(symbols).size // few between words, which they part
  const letters = rest.replaceAll(/[^\p{L}\p{N}]/gu, '').length
  if (letters + (kinds < 8 ? kinds : symbols.length) < leastLength / 2)
    return 'made of words that everybody tries'
  const isTwice = value === value.slice(0, value.length / 2).repeat(2)
  return isTwice ? 'the same thing twice' : undefined
}
