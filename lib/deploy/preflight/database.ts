import { commandOf } from '../../base/command-text.ts'
import { type Problem, problemOf } from '../../base/failure.ts'
import { collationsOf } from '../../database/collations.ts'
import { acceptsPassword } from '../../database/login.ts'
import { lostData } from '../../database/state.ts'
import { troubleOfDatabase } from '../../docker/database-trouble.ts'
import { waitUntilHealthy } from '../../docker/health.ts'
import { readComposeState } from '../../environment/directory.ts'
import { readReleases } from '../../environment/releases.ts'
import { type Secrets, secretsFile } from '../../environment/secrets.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { readRotation } from '../secrets/rotation.ts'

/**
 * A database that was live and is not: nothing can be backed up, and a candidate would never be healthy. One that is
 * just starting, as after a reboot, is waited for.
 */
export async function databaseProblems(
  { environment, project, run }: Site,
  secrets: Secrets,
  step: Step,
): Promise<Problem[]> {
  const lost = await lostData({ environment, project })
  if (lost) return [lost]
  if (readReleases(environment).length === 0 || readComposeState(environment) === undefined) return []
  const [database] = await project.containers(['db'])
  if (!database) return [] // after `docker-compose down`: the deploy starts it
  const isStarting = database.status === 'running' && database.health === 'starting'
  try {
    await waitUntilHealthy(project, ['db'], { timeout: isStarting ? environment.timeouts.healthy : 0, step })
    for (const problem of await collationsOf(project)) run.warn(problem)
    return await passwordProblems(project, secrets)
  } catch (error) {
    const trouble = await troubleOfDatabase(project)
    if (trouble) return [trouble]
    const { what, detail } = problemOf(error)
    return [{ what: `the database is down: ${what}`, detail, fix: commandOf('repair', environment.name) }]
  }
}

/** A password that was changed in one place only. An interrupted rotation is taken to its end before it is used. */
async function passwordProblems(project: Site['project'], secrets: Secrets): Promise<Problem[]> {
  const { environment } = project
  const password = secrets['DB_PASSWORD']
  if (password === undefined || secrets['DATABASE_URL'] || readRotation(environment)) return []
  if (await acceptsPassword(project, environment.database.user, password)) return []
  return [
    {
      what: `the database refuses DB_PASSWORD of ${secretsFile(environment)}`,
      fix: `put the database's password there, or let both have a new one: ${commandOf('secrets', environment.name, 'rotate DB_PASSWORD')}`,
    },
  ]
}
