import { UsageError } from '../../base/failure.ts'
import { FirstGround } from '../../deploy/first-ground.ts'
import { makeLogs } from '../../environment/directory.ts'
import type { Edge } from '../../environment/environment.ts'
import { demandDirectory, lookAround, type Running } from '../../run/execute.ts'
import { runAt, type SessionOptions } from '../../run/session.ts'
import { groundOf, readState } from './directory.ts'
import { edgeSite } from './site.ts'
import { planEdge, updateEdge } from './update.ts'

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
  const ground = new FirstGround(groundOf(edge), () => !readState(edge))
  const left = () => ground.left()
  const site = async (running: Running) => {
    await ground.isFirst(running.run, { acceptFound: options['accept-found'] })
    return edgeSite(edge, running)
  }
  if (options['dry-run'])
    return lookAround(edge, session, async running => planEdge(await site(running)), left)
  makeLogs(edge)
  return runAt(edge, session, async running => updateEdge(await site(running), options), { left })
}
