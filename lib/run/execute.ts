import { accessSync, constants, statSync } from 'node:fs'
import { type ExitCode, UsageError } from '../base/failure.ts'
import { observeCommands } from '../base/shell.ts'
import { userName, whoRuns } from '../base/user.ts'
import type { Place } from '../environment/environment.ts'
import type { EventOf, Result } from './events.ts'
import type { Ended } from './outcome.ts'
import { chooseRenderer, type RenderOptions } from './output/choose.ts'
import { Run } from './run.ts'
import { EventStream, type Unsettled } from './run-log.ts'
import { stopOnSignals } from './stop-signals.ts'

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

interface About extends Omit<EventOf<'run-started'>, 'type' | 'v' | 'at' | 'pid'> {
  /** When it began: a run that waits for its lock begins when it has it. */
  readonly since: number
  /** What the run before left to repair. */
  readonly unsettled?: Unsettled | undefined
  /** What a run that failed has left. */
  readonly left?: (() => Promise<readonly string[]>) | undefined
  /** Called when the procedure and its way back are over. */
  readonly atEnd?: (run: Run, ended: Ended) => void
}

/**
 * Carries a procedure out as a run, stoppable by Ctrl-C and rolled back when it fails: all that happens is told, from
 * `run-started` to `run-finished`.
 * @returns the exit code.
 */
export async function carryOut(
  stream: EventStream,
  { since, unsettled, left, atEnd, ...started }: About,
  procedure: (running: Running) => Promise<Result>,
): Promise<ExitCode> {
  observeCommands(command => stream.write({ type: 'command', ...command }))
  const run = new Run(stream)
  const restoreSignals = stopOnSignals(run)
  stream.write({ type: 'run-started', v: 1, ...started, pid: process.pid })
  run.inherit(unsettled?.facts ?? []) // also when this run never comes to repairing
  let result: Result | undefined
  try {
    const ended = await run.attempt(async () => {
      result = await procedure({ run, runId: started.run, who: started.who, unsettled })
    })
    atEnd?.(run, ended)
    const remains = ended.exitCode === 0 ? [] : ((await left?.()) ?? [])
    stream.write({
      type: 'run-finished',
      ms: Date.now() - since,
      ...ended,
      ...(ended.exitCode === 0 && { result }),
      ...(remains.length > 0 && { left: remains }),
    })
    return ended.exitCode
  } finally {
    restoreSignals()
  }
}

/** Looks at a place: no lock, no log, nothing is changed. @returns the exit code. */
export async function lookAround(
  place: Place,
  options: RenderOptions & { script: string },
  procedure: (running: Running) => Promise<Result>,
  left?: () => Promise<readonly string[]>,
): Promise<number> {
  const stream = new EventStream()
  stream.listen(chooseRenderer(options))
  const about = { run: 'dry run', script: options.script, environment: place.name, who: whoRuns() }
  return carryOut(stream, { ...about, since: Date.now(), left }, procedure)
}
