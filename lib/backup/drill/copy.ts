import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../base/failure.ts'
import { attempt, run } from '../../base/shell.ts'
import { lastLines } from '../../base/text.ts'
import { findCompose } from '../../docker/compose.ts'
import { Project } from '../../docker/project.ts'
import { applicationLimits, databaseLimits } from '../../docker/throwaway.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'

/** A throwaway copy of an environment, beside it: containers, a network and a directory of its own. */
export interface Copy {
  /** Of its project, its network, and how the names of its containers begin. */
  readonly name: string
  readonly original: Environment
  readonly site: Site
  /** What its containers mount. */
  readonly directory: string
}

export async function copyOf(site: Site): Promise<Copy> {
  const { environment } = site
  const compose = await findCompose()
  if (!compose) throw new Failure({ what: 'neither `docker compose` nor `docker-compose` is here' })
  const name = `${environment.project}-drill`
  const copied: Environment = { ...environment, project: name }
  return {
    name,
    original: environment,
    site: { ...site, environment: copied, project: new Project(copied, compose) },
    directory: join(environment.directory, '.drill'),
  }
}

/** Starts one of the copy's containers, found by the others under its service's name. */
export async function startContainer(
  { name, site }: Copy,
  service: string,
  image: string,
  options: readonly string[],
): Promise<void> {
  const labels = { project: name, service, oneoff: 'False' } // by these it belongs to the copy's project
  await run(
    [
      ...['docker', 'run', '--detach', '--name', `${name}-${service}`],
      ...['--network', name, '--network-alias', service],
      ...Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]),
      ...(service === 'db' ? databaseLimits : applicationLimits),
      ...options,
      image,
    ],
    { signal: site.run.signal },
  )
}

/** The container that the migrations run in; it has no label, and goes when they are over. */
export const migrationsOf = ({ name }: Copy): string => `${name}-migrate`

/** Removes the copy whole; its database's volume with it. */
export async function removeCopy(copy: Copy, step: Step): Promise<void> {
  const { name, directory } = copy
  const list = ['docker', 'ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${name}`]
  const ids = (await run(list)).split('\n').filter(id => id !== '')
  const removed = await attempt(['docker', 'rm', '--force', '--volumes', ...ids, migrationsOf(copy)])
  if ((await run(list)) !== '')
    throw new Failure({
      what: "the copy's containers could not be removed",
      detail: lastLines(removed.stderr, 5),
    })
  const networks = await run(['docker', 'network', 'ls', '--quiet', '--filter', `name=^${name}$`])
  if (networks !== '') await run(['docker', 'network', 'rm', name])
  rmSync(directory, { recursive: true, force: true })
  if (ids.length === 0 && networks === '') step.skip('nothing')
}
