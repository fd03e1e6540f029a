import { accessSync, constants, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { composeHere } from './compose.ts'
import type { Environment, Place } from './environment.ts'
import { UsageError } from './failure.ts'
import { Project } from './project.ts'
import { HAProxy } from './proxy.ts'
import type { Run } from './run.ts'
import type { Unsettled } from './run-log.ts'

/** What a run works on: one environment on this machine. */
export interface Site {
  readonly environment: Environment
  readonly project: Project
  readonly proxy: HAProxy
  readonly run: Run
  readonly runId: string
  readonly who: string
  /** What the run before left to repair, if it did not come to its end. */
  readonly unsettled: Unsettled | undefined
}

/** A run of any procedure: its steps, its name, who started it, and what the run before left to repair. */
export type Running = Pick<Site, 'run' | 'runId' | 'who' | 'unsettled'>

export async function siteOf(environment: Environment, running: Running): Promise<Site> {
  return {
    ...running,
    environment,
    project: new Project(environment, await composeHere()),
    proxy: new HAProxy(environment),
  }
}

/** @throws UsageError where the environment's directory is not here, or we may not write to it. */
export function demandDirectory({ directory, name }: Place): void {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(
      `${directory}, the directory of ${name}, is not on this machine`,
      `on the VPS: mkdir -p ${directory}`,
    )
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
  } catch {
    throw new UsageError(
      `${userInfo().username} may not write to ${directory}`,
      `work as its owner, or: sudo chown -R ${userInfo().username} ${directory}`,
    )
  }
}
