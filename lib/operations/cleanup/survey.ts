import { join } from 'node:path'
import { listBackups } from '../../backup/list.ts'
import { Failure, problemOf } from '../../base/failure.ts'
import { sql } from '../../database/database.ts'
import { loginDirectory } from '../../docker/registry.ts'
import type { Environment } from '../../environment/environment.ts'
import { keptReleases, readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import { compressible, halfDone, oldBackups } from './backups.ts'
import { type Candidate, ofFile } from './candidate.ts'
import { containersToRemove, databasesToDrop, listing, parseDatabases } from './containers.ts'
import { filesIn } from './files.ts'
import { type HostContainer, hostContainers, hostImages } from './host.ts'
import { claimsOf, imagesToRemove } from './images.ts'
import { oldLogs, oldRunLogs } from './logs.ts'

/** What is asked for; times in ms. */
export interface Wanted {
  /** Overrides every window of the settings: for logs, the stopped colour, replaced databases, compression. */
  readonly olderThan: number | undefined
  /** Overrides how many of the newest backups are kept. */
  readonly keep: number | undefined
}

/**
 * Everything that may go, decided before anything is touched. What cannot be asked (the engine is down, the database
 * too) is said and left for another time: room on the disk may be just what they need to come up again.
 */
export async function survey(site: Site, wanted: Wanted, now = Date.now()): Promise<Candidate[]> {
  const docker = await unlessDown(site, 'containers and images are left as they are', () =>
    inDocker(site, wanted, now),
  )
  const databases = await unlessDown(site, 'databases are left as they are', () =>
    inDatabase(site, wanted, now),
  )
  return [...filesOf(site.environment, wanted, now), ...databases, ...docker]
}

/** The part that costs no more than a moment and frees what a deploy has just replaced: images, and old logs. */
export async function cheapSurvey(site: Site, now = Date.now()): Promise<Candidate[]> {
  const { environment } = site
  const images = await imagesGoing(site, await hostContainers())
  return [...logsOf(environment, environment.windows.logs, now), ...images]
}

/** Files alone: what can be found without Docker. */
export function filesOf(environment: Environment, wanted: Wanted, now: number): Candidate[] {
  const root = environment.directory
  const { windows, retention } = environment
  const files = filesIn(join(root, 'backups'), 'flat')
  const known = { root, files, backups: files.length === 0 ? [] : listBackups(environment), now }
  const kept = keptReleases(readReleases(environment), retention.releases)
  const { keep: last = retention.backups, keep: preDeploy = retention.preDeploy } = wanted
  const referred = kept.flatMap(({ backup }) => backup ?? [])
  const going = oldBackups(known, { ...retention, last, preDeploy }, referred)
  const paths = new Set(going.flatMap(({ files: all }) => (all ?? []).map(({ path }) => path)))
  return [
    ...halfDone(known),
    ...halfWritten(environment),
    ...logsOf(environment, wanted.olderThan ?? windows.logs, now),
    ...going,
    ...compressible(known, wanted.olderThan ?? windows.compress, paths),
  ]
}

function logsOf(environment: Environment, window: number, now: number): Candidate[] {
  const root = environment.directory
  const logs = filesIn(join(root, 'logs'), 'whole')
  const kept = keptReleases(readReleases(environment), environment.retention.releases)
  const keptRuns = new Set(kept.map(({ run }) => run))
  return [...oldLogs(root, logs, window, now), ...oldRunLogs(root, logs, { window, now, keptRuns })]
}

/** What writing a file whole or not at all leaves when it is killed, and a killed run's login to the registry. */
function halfWritten(environment: Environment): Candidate[] {
  const root = environment.directory
  const partial = [root, join(root, 'proxy'), join(root, 'logs', 'runs')]
    .flatMap(directory => filesIn(directory, 'flat'))
    .filter(({ path }) => path.endsWith('.partial'))
  return [...partial, ...filesIn(loginDirectory(environment), 'flat')].map(file =>
    ofFile('leftover', root, file, 'left by a run that was killed'),
  )
}

async function inDatabase({ environment, project }: Site, wanted: Wanted, now: number): Promise<Candidate[]> {
  const databases = parseDatabases(await sql(project, listing))
  const { name } = environment.database
  return databasesToDrop(databases, { name, window: wanted.olderThan ?? environment.windows.databases, now })
}

async function inDocker(site: Site, wanted: Wanted, now: number): Promise<Candidate[]> {
  const { environment, proxy } = site
  const containers = await hostContainers()
  const live = await proxy.live()
  const isAgreed = live === undefined || live === proxy.mapOnDisk() // else a repair has to say who is live first
  const going = containersToRemove(containers, {
    project: environment.project,
    live: isAgreed ? proxy.mapOnDisk() : null,
    window: wanted.olderThan ?? environment.windows.standby,
    now,
  })
  const gone = new Set(going.flatMap(({ id }) => id ?? []))
  return [...going, ...(await imagesGoing(site, containers, gone))]
}

async function imagesGoing(
  { environment, run }: Site,
  containers: readonly HostContainer[],
  going?: ReadonlySet<string>,
): Promise<Candidate[]> {
  const claims = await claimsOf(environment, containers, going)
  for (const who of claims.unknown) run.note(`images that were never ours stay: they may be for ${who}`)
  return imagesToRemove(await hostImages(), claims)
}

async function unlessDown<T>(site: Site, consequence: string, act: () => Promise<T[]>): Promise<T[]> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { what, detail } = problemOf(error)
    site.run.warn({ what: consequence, detail: detail === undefined ? what : `${what}\n${detail}` })
    return []
  }
}
