import { UsageError } from '../../base/failure.ts'
import { demandNoStrangers } from '../../deploy/strangers/demand.ts'
import { makeLogs } from '../../environment/directory.ts'
import type { Edge } from '../../environment/edge.ts'
import { lookAround } from '../../run/dry-run.ts'
import { demandDirectory, type Running } from '../../run/running.ts'
import { runAt, type SessionOptions } from '../../run/session.ts'
import { groundOf, makeEdgeDirectories, readState } from './directory.ts'
import { planEdge } from './plan.ts'
import { edgeSite } from './site.ts'
import { updateEdge } from './update.ts'

/** Options of `deploy` that are about an application's version. */
const foreign = [
  'tag',
  'backend-digest',
  'frontend-digest',
  'build',
  'skip-backup',
  'skip-migrations',
  'accept-migrations',
  'rehearse',
  'restart-services',
] as const

type Options = {
  readonly force: boolean
  readonly 'dry-run': boolean
  readonly 'accept-found': boolean
} & {
  readonly [name in (typeof foreign)[number]]: boolean | string | undefined
}

/** `deploy -e shared`: installs the edge or brings it up to date. @returns the exit code. */
export async function deployEdge(edge: Edge, options: Options, session: SessionOptions): Promise<number> {
  const given = foreign.filter(name => options[name] !== undefined && options[name] !== false)
  if (given.length > 0)
    throw new UsageError(
      `${given.map(name => `--${name}`).join(', ')} means nothing for ${edge.name}, the TLS edge`,
      'it takes --dry-run, --force, --accept-found, --host, --attach, --wait, --json and --verbose',
    )
  demandDirectory(edge)
  const demand = async ({ run }: Running): Promise<void> => {
    if (!readState(edge)) await demandNoStrangers(groundOf(edge), run, options['accept-found'])
  }
  if (options['dry-run'])
    return lookAround(edge, session, async running => {
      await demand(running)
      return planEdge(await edgeSite(edge, running))
    })
  makeLogs(edge)
  return runAt(edge, session, async running => {
    await demand(running)
    makeEdgeDirectories(edge)
    return updateEdge(await edgeSite(edge, running), options)
  })
}
