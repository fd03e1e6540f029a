import type { Place } from '../environment/environment.ts'
import { whoRuns } from './actor.ts'
import { carryOut } from './execute.ts'
import { chooseRenderer, type RenderOptions } from './output/choose.ts'
import type { Result } from './result.ts'
import { EventStream } from './run-log.ts'
import type { Running } from './running.ts'

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
