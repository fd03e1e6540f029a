import { Failure, problemOf } from '../base/failure.ts'
import { count, printable } from '../base/text.ts'
import type { FactOf } from '../migrate-check/facts.ts'
import { copySchema } from '../migrate-check/live-schema.ts'
import type { ScratchServer } from '../migrate-check/scratch-server.ts'
import type { Site } from '../proxy/site.ts'

/** A scratch database with the live schema; where there can be none, undefined, and a warning. */
export async function copyOfLive(
  { project, run }: Site,
  server: ScratchServer,
  id: string,
  revision: string | null,
): Promise<string | undefined> {
  try {
    return await copySchema(project, server, id, revision, run.signal)
  } catch (error) {
    if (!(error instanceof Failure) || run.signal.aborted) throw error
    const { what, detail } = problemOf(error)
    run.warn({
      what: `what is pending is not tried on the live schema, but on what the migrations before it make: ${what}`,
      detail,
      fix: 'where the check finds what is not true of the live database, go on with --accept-migrations',
    })
    return undefined
  }
}

/** What the live schema has otherwise than the one that the history makes; of many, the first. */
export function whyOnCopy({ differences }: Pick<FactOf<'live-schema'>, 'differences'>): string {
  const tried = 'what is pending was tried on a copy of the live schema'
  if (differences === null)
    return `${tried}: the migrations before it fail on an empty database, which migrate-check shows`
  const some = differences
    .slice(0, 4)
    .map(
      ({ kind, name, before, after }) =>
        `${kind} ${printable(name)} ${before === null ? 'is only live' : after === null ? 'is not live' : 'is another one live'}`,
    )
  const more = differences.length - some.length
  return `${tried}, which is not what the migrations before it make: ${some.join(', ')}${more > 0 ? `, and ${count(more, 'more difference')}` : ''}`
}
