import { loginIn } from '../../docker/live-variables.ts'
import { envLine } from '../../environment/env-file.ts'
import type { Environment } from '../../environment/environment.ts'
import { inUrl, type Secrets } from '../../environment/secrets.ts'
import { addressIn, type Roles } from './roles.ts'

const soundsSecret = /SECRET|KEY|TOKEN|PASSW|PASSPHRASE|DSN|CREDENTIAL/i

/**
 * What the containers were given, as `.env.<name>` has it.
 * @param dotenv the `.env` beside the Compose file: it counts where no container has a variable of that name
 */
export function variablesOf(environment: Environment, roles: Roles, dotenv: Secrets) {
  const given = { ...roles.backend?.own }
  if (addressIn(roles) !== undefined) delete given['DATABASE_URL'] // DB_PASSWORD makes it
  const known: Record<string, string> = {}
  for (const [name, { as = name, services }] of Object.entries(environment.secrets)) {
    const value = name === 'DB_PASSWORD' ? passwordOf(roles) : (given[as] ?? dotenv[name])
    if (value) known[name] = value
    delete given[services.includes('backend') ? as : name]
  }
  const added = Object.keys(given).filter(name => soundsSecret.test(name))
  const all = Object.entries({ ...known, ...given })
  const isWritable = (name: string, value: string): boolean =>
    /^[A-Za-z_]\w*$/.test(name) && envLine(name, value) !== undefined
  const asSecret = (name: string) => ({
    ...{ services: ['backend' as const], ...(given[name] === '' && { optional: true }) },
  })
  return {
    /** What `.env.<name>` gets. */
    values: Object.fromEntries(all.filter(entry => isWritable(...entry))),
    /** The settings' secrets, and the backend's variables that sound like one. */
    secrets: { ...environment.secrets, ...Object.fromEntries(added.map(name => [name, asSecret(name)])) },
    added,
    /** The backend's others, which are no secrets. */
    carried: Object.keys(given).filter(name => !added.includes(name)),
    /** No line of the file means them to all who read it. */
    unwritable: all.flatMap(([name, value]) => (isWritable(name, value) ? [] : [name])),
    /** Of the old `.env`: for its Compose file, or for services that are no part of a release. */
    left: Object.keys(dotenv).filter(name => !all.some(([taken]) => taken === name)),
  }
}

/** The one that the backend logs in with: the first one, where it was never changed. */
function passwordOf(roles: Roles): string | undefined {
  const first = roles.database.variables['POSTGRES_PASSWORD']
  const url = addressIn(roles)
  if (url === undefined || [first, inUrl(first ?? '')].some(form => url.includes(`:${form}@`))) return first
  try {
    return loginIn({ DATABASE_URL: url }).password || first
  } catch {
    return first // it has a % that encodes nothing
  }
}
