import { accessSync, constants, statSync } from 'node:fs'
import { UsageError } from '../base/failure.ts'
import { userName } from '../base/user.ts'
import type { Place } from '../environment/environment.ts'
import type { Run } from './run.ts'
import type { Unsettled } from './run-log.ts'

/** A run of any procedure. */
export interface Running {
  readonly run: Run
  /** Its name. */
  readonly runId: string
  /** Who started it. */
  readonly who: string
  /** What the run before left to repair, if it did not come to its end. */
  readonly unsettled: Unsettled | undefined
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
      `${userName()} may not write to ${directory}`,
      `work as its owner, or: sudo chown -R ${userName()} ${directory}`,
    )
  }
}
