import type { Environment, Place } from './environment.ts'
import { chooseRenderer, type RenderOptions } from './render/choose.ts'
import type { Result } from './result.ts'
import { Run } from './run.ts'
import { EventStream } from './run-log.ts'
import { readSecrets } from './secrets.ts'
import { observeCommands } from './shell.ts'
import { demandDirectory, type Running, type Site, siteOf } from './site.ts'
import { stopOnSignals } from './stop-signals.ts'
import { whoRuns } from './who.ts'

/** Looks at an environment: no lock, no log, nothing is changed. @returns the exit code. */
export async function lookAt(
  environment: Environment,
  options: RenderOptions & { script: string },
  procedure: (site: Site) => Promise<Result>,
): Promise<number> {
  demandDirectory(environment)
  readSecrets(environment)
  return lookAround(environment, options, async running => procedure(await siteOf(environment, running)))
}

/** The same for any place. */
export async function lookAround(
  place: Place,
  options: RenderOptions & { script: string },
  procedure: (running: Running) => Promise<Result>,
): Promise<number> {
  const started = Date.now()
  const stream = new EventStream()
  stream.listen(chooseRenderer(options))
  observeCommands(command => stream.write({ type: 'command', ...command }))
  const run = new Run(stream)
  const restoreSignals = stopOnSignals(run)
  const who = whoRuns()
  const id = 'dry run'
  stream.write({
    type: 'run-started',
    run: id,
    script: options.script,
    environment: place.name,
    who,
    pid: process.pid,
  })
  let result: Result | undefined
  const ended = await run.attempt(async () => {
    result = await procedure({ run, runId: id, who, unsettled: undefined })
  })
  stream.write({
    type: 'run-finished',
    ms: Date.now() - started,
    ...ended,
    ...(ended.exitCode === 0 && { result }),
  })
  restoreSignals()
  return ended.exitCode
}
