import { isCrowded } from '../database/connections.ts'
import { prepareDirectory, startServices } from '../database/lasting-services.ts'
import { grantLogin, loginFor, loginsOf, removeLogins, roleExists } from '../database/login.ts'
import { isSuperuser, settleOwner } from '../database/owner.ts'
import { databaseAnswers, databaseState } from '../database/state.ts'
import { superuserName } from '../database/superuser.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { liveVariables, loginIn } from '../docker/live-variables.ts'
import { type Colour, type Environment, otherColour } from '../environment/environment.ts'
import { readReleases } from '../environment/releases.ts'
import { databaseUrl, readSecrets, type Secrets, secretsOf } from '../environment/secrets.ts'
import type { Site } from '../proxy/site.ts'
import type { Result } from '../run/events.ts'
import type { Step } from '../run/step.ts'
import { handleChangedServices } from './service-changes.ts'

/**
 * Gives the backend of the version to come a login of its own; the live version keeps the one that it has. It is made
 * before any file names it: a person's `docker compose up -d` may come at any time.
 * @returns the secrets, with the way to the database as that login
 */
export async function giveLogin(site: Site, secrets: Secrets, step: Step): Promise<Secrets> {
  const { environment, project, proxy, run } = site
  if (isTheirs(secrets)) {
    step.skip('DATABASE_URL is their own')
    return secrets
  }
  const live = proxy.mapOnDisk()
  const password = secrets['DB_PASSWORD'] ?? ''
  const { now, login } = await loginToCome(site, password)
  try {
    const settled = await settleOwner(project)
    if (settled) {
      run.undo(`Give ${environment.database.user} back what it may do`, settled.undo)
      run.note(ownerWill(environment))
    }
    const isNew = !(await roleExists(project, login))
    if (isNew) run.undo(`Remove the login ${login}`, () => removeLogins(project, [login]))
    await grantLogin(project, login, password)
    if (now?.user === login) step.skip(`it has ${login}`)
    else step.note(login)
  } catch (error) {
    // A version that logs in as a superuser takes even what is kept for us: the one to come does not need more than it.
    if (live === null || now?.password !== password || !isCrowded(error)) throw error
    step.skip(`no connection is left to make it with: it logs in as ${now.user}`)
    return asIn(site, live, secrets)
  }
  return { ...secrets, DATABASE_URL: databaseUrl(environment, login, password) }
}

/** As whom the live version logs in, and as whom the version to come does. */
async function loginToCome(site: Site, password: string) {
  const live = site.proxy.mapOnDisk()
  const now = live === null ? undefined : loginIn(await liveVariables(site.project, live))
  return { now, login: loginFor(site.environment, now, password) }
}

/** What a deploy would say of it beforehand; nothing where the login stays. */
export async function plannedLogin(site: Site): Promise<Result> {
  const { secrets } = readSecrets(site.environment)
  const { now, login } = await loginToCome(site, secrets['DB_PASSWORD'] ?? '')
  if (isTheirs(secrets) || now === undefined) return []
  const { environment, project } = site
  const changes =
    (await databaseAnswers(site)) &&
    (await isSuperuser(project)) !== (environment.database.superuser ?? false)
  return [
    ...(now.user === login ? [] : [['login', `${login}, now ${now.user}`] as const]),
    ...(changes ? [['role', ownerWill(environment)] as const] : []),
  ]
}

const ownerWill = ({ database: { user, superuser } }: Environment): string =>
  superuser
    ? `${user} becomes a superuser of the database`
    : `${user} owns the database and is no superuser: that is ${superuserName(user)}`

/** A database of their own: nobody but they know who may log in there. */
const isTheirs = (secrets: Secrets): boolean => secrets['DATABASE_URL'] !== undefined

/** The secrets, with the way to the database that a colour has: a plain `up -d` then finds it as it is. */
export async function asIn(site: Site, colour: Colour, secrets: Secrets): Promise<Secrets> {
  const { environment } = site
  const variables = await liveVariables(site.project, colour)
  const isOurs = [environment.database.user, ...loginsOf(environment)].includes(loginIn(variables).user)
  const { DATABASE_URL } = variables
  return isTheirs(secrets) || DATABASE_URL === undefined || !isOurs ? secrets : { ...secrets, DATABASE_URL }
}

/**
 * Writes the directory for a version to come, and sees to it that the database and the proxy run.
 * @param standsBy its containers are there, and keep the login that they have: nothing is asked of the database
 * @param restart whether services are restarted whose settings have changed; undefined looks at none
 */
export async function prepareServices(
  site: Site,
  { standsBy, restart }: { standsBy: boolean; restart?: boolean },
): Promise<void> {
  const { environment, proxy, run } = site
  const secrets = secretsOf(environment) // read again: repairing may have ended a rotation
  const live = proxy.mapOnDisk()
  const start = () => run.step('Start database and proxy', step => startServices(site, step))
  const give = () =>
    run.step('Give the application a login of its own', step => giveLogin(site, secrets, step))
  const keepsLogin = standsBy && live !== null
  const isUp = keepsLogin || (await databaseAnswers(site))
  if (!isUp) {
    prepareDirectory(site, secrets)
    await start()
  }
  prepareDirectory(site, keepsLogin ? await asIn(site, otherColour(live), secrets) : await give())
  if (isUp) await start()
  if (restart !== undefined) await handleChangedServices(site, restart)
}

/** A first deploy that was stopped or removed has left a database, or its volume: it is backed up like any other. */
export async function startDatabaseFoundHere(site: Site): Promise<void> {
  const { environment, project, run } = site
  if (readReleases(environment).length > 0 || (await databaseState(site)).is !== 'down') return
  await run.step('Start the database that is there', async step => {
    prepareDirectory(site, secretsOf(environment))
    await startServices(site, step)
    await waitUntilHealthy(project, ['db'], { step, signal: run.signal })
  })
}
