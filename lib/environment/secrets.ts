import { statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { commandOf } from '../base/command-text.ts'
import { type Problem, Problems, problemOf } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { registerSecret } from '../base/redact.ts'
import { count } from '../base/text.ts'
import { userName } from '../base/user.ts'
import { parseEnvFile, soundPart } from './env-file.ts'
import type { Environment, Secret } from './environment.ts'
import { isPlaceholder } from './placeholder.ts'
import { readReleases } from './releases.ts'
import { withGivenSecrets } from './secrets-from-ci.ts'

export type Secrets = Readonly<Record<string, string>>

export const secretsFile = (environment: Environment): string =>
  join(environment.directory, `.env.${environment.name}`)

/**
 * Reads `.env.<name>`, with what CI's variables are about to change in it, and registers every secret, so that none is
 * ever shown.
 * @returns the values, and everything that is wrong with the file: all of it at once.
 */
export function readSecrets(environment: Environment): { secrets: Secrets; problems: Problem[] } {
  const file = secretsFile(environment)
  let before: string | undefined
  try {
    before = readIfThere(file)
  } catch (error) {
    return { secrets: {}, problems: [unreadable(file, error)] }
  }
  // Also where one line of it is wrong.
  for (const [name, value] of Object.entries(parse(before ?? '')))
    if (!isSetting(environment, name, value)) registerSecret(value)
  const given = withGivenSecrets(environment, before)
  const text = given?.text ?? before
  if (text === undefined) return { secrets: {}, problems: [missingFile(environment, file)] }
  const { values, problems: malformed } = parseEnvFile(text, file)
  const problems = [...(given?.problems ?? []), ...malformed]
  if (problems.length === 0) {
    const open = given ? [] : modeProblems(file)
    return { secrets: values, problems: [...open, ...valueProblems(environment.secrets, values, file)] }
  }
  // What is wrong with the other values is said with it: nobody is to come back for that.
  const { values: readable, faulty } = soundPart(text)
  const unread = new Set([...faulty, ...(given?.faulty ?? [])])
  const others = Object.entries(environment.secrets).filter(([name]) => !unread.has(name))
  problems.push(...valueProblems(Object.fromEntries(others), readable, file))
  return { secrets: {}, problems }
}

/** The secrets. @throws Problems with all that is wrong with their file. */
export function secretsOf(environment: Environment): Secrets {
  const { secrets, problems } = readSecrets(environment)
  if (problems.length > 0)
    throw new Problems(
      `${environment.name} is not configured: ${count(problems.length, 'problem')}`,
      problems,
    )
  return secrets
}

function missingFile(environment: Environment, file: string): Problem {
  const example = join(import.meta.dirname, '..', '..', 'environments', `.env.${environment.name}.example`)
  return {
    what: `${file} is missing: the secrets of ${environment.name}`,
    fix:
      readReleases(environment).length > 0
        ? `${commandOf('secrets', environment.name, 'recover')}  writes it again, from what the containers have`
        : `cp ${example} ${file} && chmod 600 ${file}, then set real values in it`,
  }
}

/** A word or a number beside the secrets, `production` or `8000`: without it our own messages could not be read. */
const isSetting = ({ secrets }: Environment, name: string, value: string): boolean =>
  !Object.hasOwn(secrets, name) && /^([a-z]+|\d+)$/i.test(value)

function unreadable(file: string, error: unknown): Problem {
  return {
    what: `${file} cannot be read: ${problemOf(error).what}`,
    fix: `ls -ld ${file} shows what it is and whose; it must be a file of ${userName()}`,
  }
}

/** A file with secrets in it that others may read, where it is there. */
export function* modeProblems(file: string, read = 'the secrets'): Iterable<Problem> {
  const mode = (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777
  if ((mode & 0o077) !== 0)
    yield {
      what: `${file} has mode ${mode.toString(8)}: others can read ${read}`,
      fix: `chmod 600 ${file}`,
    }
}

/** Every secret that is missing, empty, or still what the example says. */
export function* valueProblems(
  expected: Readonly<Record<string, Secret>>,
  values: Secrets,
  file: string,
): Iterable<Problem> {
  for (const [name, { optional }] of Object.entries(expected)) {
    const value = values[name]
    if (optional && (value === undefined || value === '')) continue
    if (value === undefined) yield { what: `${name} is missing in ${file}`, fix: `add a line ${name}=…` }
    else if (value === '') yield { what: `${name} is empty in ${file}`, fix: 'set its value' }
    else if (isPlaceholder(value))
      yield {
        what: `${name} in ${file} is still a placeholder`,
        fix: 'set its real value; openssl rand -hex 32 makes one',
      }
  }
}

/**
 * A password as a URL has it. What need not be encoded stays as it is (RFC 3986, 3.2.1): a % is what an env.py that
 * hands the URL to ConfigParser cannot bear.
 */
export const inUrl = (password: string): string =>
  encodeURIComponent(password).replace(/%(?:26|2B|2C|3B|3D)/g, decodeURIComponent)

/**
 * What each service is given: the database its own, the backend its own and whatever else stands in the file
 * (its settings that are no secrets), the proxy and the frontend nothing.
 */
export function serviceVariables(
  environment: Environment,
  secrets: Secrets,
): Record<'backend' | 'db', Record<string, string>> {
  const given: Record<'backend' | 'db', Record<string, string>> = { backend: {}, db: {} }
  for (const [name, value] of Object.entries(secrets)) {
    const known = Object.hasOwn(environment.secrets, name) ? environment.secrets[name] : undefined
    const { services, as } = known ?? { services: ['backend'] as const, as: undefined }
    for (const service of services) given[service][as ?? name] = value
  }
  given.backend['DATABASE_URL'] ??= databaseUrl(
    environment,
    environment.database.user,
    secrets['DB_PASSWORD'] ?? '',
  )
  return given
}

/** The backend's way to the database, as a role with this password. */
export function databaseUrl({ database }: Environment, user: string, password: string): string {
  for (const form of [inUrl(password), encodeURIComponent(password)]) registerSecret(form)
  return `postgresql://${user}:${inUrl(password)}@db:5432/${database.name}`
}
