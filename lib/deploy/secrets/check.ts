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
import { replacing, weaknesses } from './weak-secrets.ts'

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
  const running = await liveVariables(site, live)
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
