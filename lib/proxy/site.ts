import { composeHere } from '../docker/compose.ts'
import { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import { damagedHistory } from '../environment/releases.ts'
import type { Running } from '../run/running.ts'
import { HAProxy } from './proxy.ts'

/** What a run works on: one environment on this machine. */
export interface Site extends Running {
  readonly environment: Environment
  readonly project: Project
  readonly proxy: HAProxy
}

export async function siteOf(environment: Environment, running: Running): Promise<Site> {
  const damaged = damagedHistory(environment)
  if (damaged) running.run.warn(damaged)
  return {
    ...running,
    environment,
    project: new Project(environment, await composeHere()),
    proxy: new HAProxy(environment),
  }
}
