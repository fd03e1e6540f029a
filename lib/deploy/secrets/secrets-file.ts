import { existsSync, rmSync } from 'node:fs'
import { Failure, Problems } from '../../base/failure.ts'
import { readIfThere, writeAtomically } from '../../base/files.ts'
import { count } from '../../base/text.ts'
import { loginsOf } from '../../database/login.ts'
import { loginIn } from '../../docker/live-variables.ts'
import { serviceOf } from '../../docker/project.ts'
import { formatEnvFile } from '../../environment/env-file.ts'
import { colours, type Environment } from '../../environment/environment.ts'
import { readSecrets, type Secrets, secretsFile, valueProblems } from '../../environment/secrets.ts'
import { describeChange, withGivenSecrets } from '../../environment/secrets-from-ci.ts'
import type { Site } from '../../proxy/site.ts'
import type { Result } from '../../run/events.ts'
import type { Run } from '../../run/run.ts'

/** Shows `.env.<name>` as a run from CI would write it from its variables; nothing is written, no value is shown. */
export async function renderSecrets({ environment, run }: Site): Promise<Result> {
  const file = secretsFile(environment)
  const given = withGivenSecrets(environment, readIfThere(file))
  if (!given)
    throw new Failure({
      what: `none of the variables is set that CI has the secrets of ${environment.name} in`,
      detail: Object.values(environment.secrets)
        .flatMap(({ variable }) => variable ?? [])
        .join('\n'),
      fix: `without them a run uses ${file} as it is`,
    })
  if (given.problems.length > 0)
    throw new Problems(`no .env.${environment.name} can be made of the variables`, given.problems)
  for (const line of masked(given.text)) run.note(line)
  return [
    ['file', file],
    ['change', describeChange(given) || 'none'],
  ]
}

/** The lines of a `.env` file, with the length of each value in its place. */
function masked(text: string): string[] {
  const length = (value: string): string => count(value.replace(/^'(.*)'$/, '$1').length, 'character')
  const setting = /^([A-Za-z_]\w*)=([^\n]*)$/gm
  const hidden = text.replace(setting, (_, key, value) => `${key}=…  (${length(value)})`)
  return hidden.split('\n').slice(0, -1)
}

/**
 * Creates `.env.<name>` from the secrets that CI gave: written whole or not at all, readable for the owner alone. The
 * one before is kept as `.env.<name>.previous`, and comes back when the run fails. Shown are names, and no values.
 * @throws Problems with all that is wrong with the secrets, before anything is written.
 */
export async function createSecretsFile(environment: Environment, run: Run): Promise<void> {
  const file = secretsFile(environment)
  const before = readIfThere(file)
  const given = withGivenSecrets(environment, before)
  if (!given) return
  await run.step(`Create .env.${environment.name} from secrets`, async step => {
    const { problems } = readSecrets(environment)
    if (problems.length > 0)
      throw new Problems(
        `the secrets of ${environment.name} are not right: ${count(problems.length, 'problem')}`,
        problems,
      )
    if (given.text === before) {
      writeAtomically(file, given.text, 0o600) // a person may have opened it to others
      return step.skip('unchanged')
    }
    run.undo(`Put the previous .env.${environment.name} back`, async () => {
      if (before === undefined) rmSync(file, { force: true })
      else writeAtomically(file, before, 0o600)
    })
    if (before !== undefined) writeAtomically(`${file}.previous`, before, 0o600)
    writeAtomically(file, given.text, 0o600)
    step.note(describeChange(given))
  })
}

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
async function givenToBackend({ environment, project, proxy }: Site) {
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
  const given: Secrets = Object.fromEntries(all.filter(([name, value]) => brought[name] !== value))
  return { from: backend.name, given }
}

function secretsAmong(environment: Environment, given: Secrets): Secrets {
  const { DATABASE_URL, ...others } = given
  const { user, password } = loginIn(given)
  const isOurs = [environment.database.user, ...loginsOf(environment)].includes(user)
  if (isOurs) return { DB_PASSWORD: password, ...others }
  return { ...others, ...(DATABASE_URL !== undefined && { DATABASE_URL }) } // a database of their own
}
