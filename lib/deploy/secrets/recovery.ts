import { existsSync } from 'node:fs'
import { Failure } from '../../base/failure.ts'
import { writeAtomically } from '../../base/files.ts'
import { count } from '../../base/text.ts'
import { loginsOf } from '../../database/login.ts'
import { loginIn } from '../../docker/live-variables.ts'
import { serviceOf } from '../../docker/project.ts'
import { formatEnvFile } from '../../environment/env-file.ts'
import { colours, type Environment } from '../../environment/environment.ts'
import { type Secrets, secretsFile, valueProblems } from '../../environment/secrets.ts'
import type { Site } from '../../proxy/site.ts'
import type { Result } from '../../run/events.ts'

/** Writes a lost `.env.<name>` again, from what the backend's container was given. What is there is never replaced. */
export async function recoverSecrets(site: Site): Promise<Result> {
  const { environment, run } = site
  const file = secretsFile(environment)
  if (existsSync(file)) throw new Failure({ what: `${file} is there: nothing was recovered` })
  return run.step(`Recover .env.${environment.name}`, async step => {
    const { from, given } = await givenToBackend(site)
    const secrets = secretsAmong(environment, given)
    const comment = `Secrets of ${environment.name}, recovered from ${from} on ${new Date().toISOString()}.`
    writeAtomically(file, formatEnvFile(comment, secrets), 0o600)
    for (const problem of valueProblems(environment.secrets, secrets, file)) run.warn(problem)
    const unseen = Object.keys(environment.secrets).filter(
      name => environment.secrets[name]?.optional && secrets[name] === undefined,
    )
    if (unseen.length > 0)
      run.note(`not to be found in a container, set again if you had it: ${unseen.join(', ')}`)
    step.note(`${count(Object.keys(secrets).length, 'value')} from ${from}`)
    return [['written', file]]
  })
}

/** The variables of a backend's container which are not its image's own; the live one's, else that which stands by. */
async function givenToBackend({
  environment,
  project,
  proxy,
}: Site): Promise<{ from: string; given: Secrets }> {
  const live = proxy.mapOnDisk()
  const backends = await project.containers(colours.map(colour => serviceOf('backend', colour)))
  const backend = backends.find(({ service }) => service === `backend-${live}`) ?? backends[0]
  if (!backend)
    throw new Failure({
      what: `no backend of ${environment.name} has a container on this machine: its secrets are nowhere here`,
      fix: `deploy from GitHub, which has them, or write .env.${environment.name} anew`,
    })
  const brought = await project.imageVariables(backend.image)
  const all = Object.entries(await project.variables(backend))
  return {
    from: backend.name,
    given: Object.fromEntries(all.filter(([name, value]) => brought[name] !== value)),
  }
}

function secretsAmong(environment: Environment, given: Secrets): Secrets {
  const { DATABASE_URL, ...others } = given
  const { user, password } = loginIn(given)
  const isOurs = [environment.database.user, ...loginsOf(environment)].includes(user)
  if (isOurs) return { DB_PASSWORD: password, ...others }
  return { ...others, ...(DATABASE_URL !== undefined && { DATABASE_URL }) } // a database of their own
}
