import { join } from 'node:path'
import { commandOf } from '../../base/command-text.ts'
import { type Problem, Problems } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { acceptsPassword } from '../../database/login.ts'
import { databaseAnswers } from '../../database/state.ts'
import { liveVariables, loginIn } from '../../docker/live-variables.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import { readReleases } from '../../environment/releases.ts'
import {
  modeProblems,
  readSecrets,
  type Secrets,
  secretsFile,
  serviceVariables,
} from '../../environment/secrets.ts'
import { environmentNames, loadEnvironment } from '../../environment/settings.ts'
import type { Site } from '../../proxy/site.ts'
import type { Result } from '../../run/events.ts'
import { readRotation, rotatable } from './rotation.ts'

/**
 * Looks at everything that can be wrong with an environment's secrets.
 * @throws Problems with all of it.
 */
export async function checkSecrets(site: Site): Promise<Result> {
  const { environment, proxy } = site
  const { secrets, problems } = readSecrets(environment)
  const live = proxy.mapOnDisk()
  const found = [
    ...problems,
    ...weaknesses(environment, secrets),
    ...(await sharedProblems(environment, secrets)),
    ...generatedFileProblems(environment),
    ...rotationProblems(environment),
    ...(live === null || Object.keys(secrets).length === 0 ? [] : await runningProblems(site, live, secrets)),
  ]
  if (found.length > 0)
    throw new Problems(
      `the secrets of ${environment.name} are not in order: ${count(found.length, 'problem')}`,
      found,
    )
  return [
    ['file', `${secretsFile(environment)}, for its owner alone`],
    ['secrets', `${Object.keys(secrets).length}, none missing, placeholder or weak`],
    ['running', live === null ? 'nothing yet' : `${live} and the database have the same`],
  ]
}

/** Whoever gets into staging must not be in production, and one secret must not be another. */
async function sharedProblems(environment: Environment, secrets: Secrets): Promise<Problem[]> {
  const problems: Problem[] = []
  const [jwt, password] = rotatable.map(name => secrets[name])
  if (jwt !== undefined && jwt === password)
    problems.push({
      what: `${rotatable.join(' and ')} are the same`,
      fix: replacing(environment, rotatable[0]),
    })
  for (const name of await environmentNames()) {
    if (name === environment.name) continue
    const others = readSecrets(await loadEnvironment(name)).secrets
    for (const shared of rotatable)
      if (secrets[shared] !== undefined && secrets[shared] === others[shared])
        problems.push({ what: `${shared} is the same in ${name}`, fix: replacing(environment, shared) })
  }
  return problems
}

/** The files that the toolkit makes from the secrets. */
const generatedFileProblems = ({ directory }: Environment): Problem[] =>
  ['.env', '.env.backend', '.env.db'].flatMap(name => [...modeProblems(join(directory, name), 'it')])

function* rotationProblems(environment: Environment): Iterable<Problem> {
  const names = Object.keys(readRotation(environment) ?? {})
  if (names.length > 0)
    yield {
      what: `a rotation of ${names.join(' and ')} is under way or was interrupted`,
      fix: `${commandOf('secrets', environment.name, `rotate ${names.length === 1 ? names.join() : 'all'}`)} --wait`,
    }
}

/** What the live version and the database have, against the file. */
async function runningProblems(site: Site, live: Colour, secrets: Secrets): Promise<Problem[]> {
  const { environment, project } = site
  const running = await liveVariables(site.project, live)
  const wanted = serviceVariables(environment, secrets).backend
  const fix = `${commandOf('deploy', environment.name)} --tag ${readReleases(environment).at(-1)?.tag} --force`
  const differing = Object.keys(wanted).filter(name =>
    name === 'DATABASE_URL'
      ? loginIn(running).password !== loginIn(wanted).password // a rotation changes the user, for a while
      : running[name] !== wanted[name],
  )
  const problems: Problem[] = differing.map(name => ({
    what: `${name === 'DATABASE_URL' ? 'the database password' : name} of the running backend-${live} is not that of ${secretsFile(environment)}`,
    fix: `${fix} gives it what the file says`,
  }))
  const password = secrets['DB_PASSWORD']
  if (password === undefined || secrets['DATABASE_URL'] !== undefined) return problems
  if (!(await databaseAnswers(site)))
    return [...problems, { what: 'the database is not running, so nobody knows which password it has' }]
  if (!(await acceptsPassword(project, environment.database.user, password)))
    problems.push({
      what: `the database refuses DB_PASSWORD of ${secretsFile(environment)}`,
      fix: replacing(environment, 'DB_PASSWORD'),
    })
  return problems
}

/** Every secret that could be guessed. One that is missing or a placeholder was named already. */
export function weaknesses(environment: Environment, secrets: Secrets): Problem[] {
  return Object.entries(environment.secrets).flatMap(([name, { leastLength }]) => {
    const value = secrets[name]
    const weak = value && leastLength !== undefined ? weakness(value, leastLength) : undefined
    return weak ? [{ what: `${name} is weak: ${weak}`, fix: replacing(environment, name) }] : []
  })
}

const replacing = (environment: Environment, name: string): string =>
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
