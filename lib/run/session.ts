import { setCommandMark } from '../base/child-environment.ts'
import { whoRuns } from '../base/user.ts'
import type { Place } from '../environment/environment.ts'
import type { Result } from './events.ts'
import { carryOut, type Running } from './execute.ts'
import { acquire } from './lock.ts'
import { Announcer, webhookVariable } from './notify/announcer.ts'
import { commandMark, endOrphans } from './orphans.ts'
import type { Ended } from './outcome.ts'
import { chooseRenderer, type RenderOptions } from './output/choose.ts'
import { neverWaitForTerminal, surviveAlone } from './output.ts'
import type { Run } from './run.ts'
import { logFile, RunLog, runId, unsettledRun } from './run-log.ts'

export interface SessionOptions extends RenderOptions {
  readonly script: string
  /** How long to wait for another run's lock, in ms. */
  readonly wait: number
}

/** What else a run does besides its procedure. */
export interface Aside {
  /** Whom to tell, besides those of our own environment. */
  readonly webhooks?: string | undefined
  /** What a run that failed, and was rolled back, has left all the same: a line for each kind of thing. */
  readonly left?: () => Promise<readonly string[]>
  /** Called when the procedure and its way back are over. */
  readonly atEnd?: (run: Run, ended: Ended, logFile: string, told: number) => void
}

/**
 * Runs a procedure on a place whose directory exists, with `logs/runs` in it: under its lock, into a run log of its
 * own, shown as it goes, stoppable by Ctrl-C, and rolled back when it fails.
 * @returns the exit code.
 */
export async function runAt(
  place: Place,
  options: SessionOptions,
  procedure: (running: Running) => Promise<Result>,
  { webhooks, left, atEnd }: Aside = {},
): Promise<number> {
  surviveAlone()
  neverWaitForTerminal()
  const who = whoRuns()
  let started = Date.now()
  let id = ''
  const lock = await acquire(
    place,
    () => {
      started = Date.now()
      id = runId(options.script, new Date(started))
      return { run: id, who, pid: process.pid, since: started, log: logFile(place, id) }
    },
    options.wait,
  )
  let log: RunLog | undefined
  let announcer: Announcer | undefined
  // Nothing stands between the lock and this `try`: a lock that is not released keeps this process, and so itself, alive.
  try {
    const opened = new RunLog(place, id)
    log = opened
    setCommandMark(commandMark(place, id))
    await endOrphans(place, id)
    opened.listen(chooseRenderer(options))
    const telling = new Announcer([webhooks, process.env[webhookVariable]])
    announcer = telling
    opened.listen(telling.listener)
    return await carryOut(
      opened,
      {
        ...{ run: id, script: options.script, environment: place.name, who, log: opened.file },
        ...{ why: workflow(), since: started, unsettled: unsettledRun(place, id, lock.previous) },
        left,
        atEnd: (run, ended) => atEnd?.(run, ended, opened.file, telling.reach),
      },
      procedure,
    )
  } finally {
    await lock.release()
    if (log) await announcer?.finish(log)
    log?.close()
  }
}

/** The page of the workflow run that started us. */
function workflow(): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = process.env
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined
}
