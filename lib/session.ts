import { carryOut } from './carry-out.ts'
import { setCommandMark } from './child-environment.ts'
import { makeDirectories } from './directory.ts'
import type { Ended } from './ending.ts'
import type { Environment, Place } from './environment.ts'
import { recordIncident } from './incident/write.ts'
import { acquire } from './lock.ts'
import { Announcer, webhookVariable } from './notify/announcer.ts'
import { commandMark, endOrphans } from './orphans.ts'
import { neverWaitForTerminal } from './output.ts'
import { surviveAlone } from './remote/guest.ts'
import { chooseRenderer, type RenderOptions } from './render/choose.ts'
import type { Result } from './result.ts'
import type { Run } from './run.ts'
import { logFile, RunLog, runId, unsettledRun } from './run-log.ts'
import { readSecrets } from './secrets.ts'
import { createSecretsFile } from './secrets-file.ts'
import { demandDirectory, type Running, type Site, siteOf } from './site.ts'
import { whoRuns } from './who.ts'

export interface SessionOptions extends RenderOptions {
  readonly script: string
  /** How long to wait for another run's lock, in ms. */
  readonly wait: number
}

/**
 * Runs a procedure on an environment: under its lock, into a run log of its own, shown as it goes, stoppable by
 * Ctrl-C, and taken back when it fails.
 * @returns the exit code.
 */
export async function runOn(
  environment: Environment,
  options: SessionOptions,
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  const { secrets } = readSecrets(environment) // so that no secret is shown from the first event on
  makeDirectories(environment)
  const aside: Aside = {
    webhooks: secrets[webhookVariable],
    atEnd: (run, ended, logFile, told) => recordIncident({ run, environment, logFile, told }, ended),
  }
  return runAt(
    environment,
    options,
    async running => {
      await createSecretsFile(environment, running.run)
      return procedure(await siteOf(environment, running))
    },
    aside,
  )
}

/** What else a run does besides its procedure. */
interface Aside {
  /** Whom to tell, besides those of our own environment. */
  readonly webhooks?: string | undefined
  /** Called when the procedure and its way back are over. */
  readonly atEnd?: (run: Run, ended: Ended, logFile: string, told: number) => void
}

/** The same for any place whose directory exists, with `logs/runs` in it. */
export async function runAt(
  place: Place,
  options: SessionOptions,
  procedure: (running: Running) => Promise<Result>,
  { webhooks, atEnd }: Aside = {},
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
