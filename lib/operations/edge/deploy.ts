import { UsageError } from '../../base/failure.ts'
import type { Parsed } from '../../base/options.ts'
import { firstGround } from '../../deploy/first-ground.ts'
import { sessionOf } from '../../deploy/on-site.ts'
import type { deployOptions } from '../../deploy/options.ts'
import { makeLogs } from '../../environment/directory.ts'
import type { Edge } from '../../environment/environment.ts'
import { demandDirectory, lookAround, type Running } from '../../run/execute.ts'
import { runAt } from '../../run/session.ts'
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

type Given = Parsed<typeof deployOptions>

/** `deploy -e shared`: installs the edge or brings it up to date. @returns the exit code. */
export async function deployEdge(edge: Edge, options: Given): Promise<number> {
  const session = sessionOf({ script: 'deploy', ...options })
  const given = foreign.filter(name => options[name] !== undefined && options[name] !== false)
  if (given.length > 0)
    throw new UsageError(
      `${given.map(name => `--${name}`).join(', ')} means nothing for ${edge.name}, the TLS edge`,
      'it takes --dry-run, --force, --accept-found, --host, --attach, --wait, --json and --verbose',
    )
  demandDirectory(edge)
  const { isFirst, left } = firstGround(groundOf(edge), () => !readState(edge))
  const site = async (running: Running) => {
    await isFirst(running.run, options)
    return edgeSite(edge, running)
  }
  if (options['dry-run'])
    return lookAround(edge, session, async running => planEdge(await site(running)), left)
  makeLogs(edge)
  return runAt(edge, session, async running => updateEdge(await site(running), options), { left })
}
