import { carryOut } from './carry-out.ts'
import type { Environment, Place } from './environment.ts'
import { chooseRenderer, type RenderOptions } from './render/choose.ts'
import type { Result } from './result.ts'
import { EventStream } from './run-log.ts'
import { readSecrets } from './secrets.ts'
import { demandDirectory, type Running, type Site, siteOf } from './site.ts'
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
  const stream = new EventStream()
  stream.listen(chooseRenderer(options))
  const about = { run: 'dry run', script: options.script, environment: place.name, who: whoRuns() }
  return carryOut(stream, { ...about, since: Date.now() }, procedure)
}
