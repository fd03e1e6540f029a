import type { Problem } from '../base/failure.ts'
import { registerSecret } from '../base/redact.ts'
import { envLine } from './env-file.ts'
import type { Environment } from './environment.ts'

/** What CI's variables make of `.env.<name>`; of secrets it has names only. */
type Change = Pick<NonNullable<ReturnType<typeof withGivenSecrets>>, 'added' | 'changed' | 'removed'>

/**
 * The text of `.env.<name>` with the secrets that the environment's variables name (`PRODUCTION_DB_PASSWORD` for
 * `DB_PASSWORD`): everything else in it, settings and comments, stays. An optional secret whose variable is empty is
 * removed.
 * @returns undefined where no variable is set: the file on the VPS is used as it is.
 */
export function withGivenSecrets(environment: Environment, before: string | undefined) {
  const named = Object.entries(environment.secrets).flatMap(([name, { variable, optional }]) => {
    const value = variable === undefined ? undefined : process.env[variable]
    if (variable === undefined || value === undefined) return []
    return [{ name, variable, optional: optional === true, value: value.replace(/\r?\n$/, '') }]
  })
  // GitHub gives an empty variable for a secret that is not set: all of them empty means that none is meant.
  if (named.every(({ value }) => value === '')) return undefined
  const problems: Problem[] = []
  const faulty: string[] = []
  const lines = (before ?? '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  const diff = { added: [] as string[], changed: [] as string[], removed: [] as string[] }
  for (const { name, variable, optional, value } of named) {
    registerSecret(value)
    const at = lines.findIndex(line => line.startsWith(`${name}=`))
    const line = value === '' ? undefined : envLine(name, value)
    if (value === '' && optional) {
      if (at !== -1) diff.removed.push(...lines.splice(at, 1).map(() => name))
    } else if (line === undefined || value === '') {
      problems.push(value === '' ? empty(variable, environment.name) : unwritable(variable))
      faulty.push(name)
    } else if (at === -1) {
      lines.push(line)
      diff.added.push(name)
    } else if (lines[at] !== line) {
      lines[at] = line
      diff.changed.push(name)
    }
  }
  return { text: lines.map(line => `${line}\n`).join(''), ...diff, problems, faulty }
}

const empty = (variable: string, environment: string): Problem => ({
  what: `${variable} is empty, and other secrets are given`,
  fix: `is it set in GitHub, and spelt like this? gh secret set ${variable} --env ${environment}`,
})

const unwritable = (variable: string): Problem => ({
  what: `${variable} has a character in it that the programs which read the .env file understand differently`,
  fix: "use no ' \\ ${ and no line ends or control characters; openssl rand -hex 32 makes a good one",
})

/** `added JWT_SECRET; changed DB_PASSWORD`: names, and never a value. */
export function describeChange({ added, changed, removed }: Change): string {
  return Object.entries({ added, changed, removed })
    .filter(([, names]) => names.length > 0)
    .map(([how, names]) => `${how} ${names.join(', ')}`)
    .join('; ')
}
