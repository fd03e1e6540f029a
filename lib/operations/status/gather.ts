import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromThePast, isFromFuture, isVerified, listBackups } from '../../backup/list.ts'
import { Failure, type Problem } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { isCode } from '../../base/system-errors.ts'
import { lastLines } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import type { Revision } from '../../database/database.ts'
import { asModule, isMissing } from '../../database/migrations.ts'
import { smokeTestUsers } from '../../deploy/colours.ts'
import { failingAddresses } from '../../deploy/outside.ts'
import { findCompose, usualCompose } from '../../docker/compose.ts'
import { conditionOf } from '../../docker/containers.ts'
import { troubleOfDatabase } from '../../docker/database-trouble.ts'
import { Project, serviceOf } from '../../docker/project.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import { damagedHistory, type Images, readReleases, sameImages } from '../../environment/releases.ts'
import { readSecrets } from '../../environment/secrets.ts'
import { loadEnvironment } from '../../environment/settings.ts'
import { HAProxy } from '../../proxy/proxy.ts'
import { since } from '../../proxy/reports.ts'
import type { Site } from '../../proxy/site.ts'
import { readingOnly } from '../../proxy/smoke.ts'
import { holderOf } from '../../run/lock.ts'
import { certificatesOf } from './certificates.ts'
import { databaseFacts } from './database.ts'
import { disksOf } from './disk.ts'
import { ask, type BackupFacts, type Facts, patience, type RecentTraffic, valueIn } from './facts.ts'
import { lastRuns } from './runs.ts'
import { usageOf } from './usage.ts'

/** What a question about an environment needs; nothing that could change it. */
export type View = Pick<Site, 'environment' | 'project' | 'proxy'>

export async function viewOf(environment: Environment): Promise<View> {
  const hurried = { ...environment, timeouts: { ...environment.timeouts, request: patience } }
  return {
    environment: hurried,
    project: new Project(hurried, valueIn(await ask(() => findCompose(patience))) ?? usualCompose),
    proxy: new HAProxy(hurried),
  }
}

/** How many runs the screen shows. */
const shownRuns = 5
/** How long the proxy's traffic is watched, in ms: about as long as Docker takes to say what containers use. */
const trafficWatch = 1500

/** Asks everything at once, and nothing for longer than it has patience; takes no lock and changes nothing. */
export async function gather(view: View): Promise<Facts> {
  const { environment, project, proxy } = view
  const { problems: secrets } = readSecrets(environment)
  let closed: string | undefined
  const unlessClosed = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!isCode(error, 'EACCES')) throw error
      closed ??= (error as NodeJS.ErrnoException).path
      return undefined
    }
  }
  const isThere = unlessClosed(() => isDirectory(environment.directory)) ?? true
  const onDisk = unlessClosed(() => proxy.mapOnDisk()) ?? null
  const release = unlessClosed(() => readReleases(environment))?.at(-1)
  const damaged = unlessClosed(() => damagedHistory(environment))
  const lock = unlessClosed(() => holderOf(environment))
  const containers = ask(() => project.containers(undefined, { timeout: patience }))
  const traffic = ask(() => recentTraffic(proxy))
  const asked = await allOf({
    engine: ask(engineVersion),
    containers,
    usage: containers.then(found => ask(() => usageIn(found))),
    served: proxy.live(),
    traffic,
    database: ask(() => databaseFacts(project, patience)),
    databaseTrouble: containers.then(found => troubleIn(project, found)),
    head: ask(() => headOf(project, onDisk, release?.images)),
    disks: disksOf(environment.directory, patience),
    certificates: certificatesOf(environment.externalChecks, sharedCertificates(environment), patience),
    // After the traffic: our own requests are no users'.
    users: traffic.then(() => ask(() => smokeTestUsers(harmless(environment)).then(() => 'served' as const))),
    failingAddresses: failingAddresses(view),
    verifiedAt: verifiedAt(environment, release?.images),
    backups: ask(() => backupFacts(environment)),
    runs: ask(() => lastRuns(environment, shownRuns)),
  })
  const { served: shownColour, ...known } = asked
  return {
    ...{ environment, at: Date.now(), isThere, closed, secrets, release, damagedHistory: damaged },
    ...{ live: { onDisk, served: shownColour }, lock, ...known },
  }
}

/** Looking changes nothing: a test that may is for deploys. */
const harmless = (environment: Environment) => ({
  environment: { ...environment, smokeTests: readingOnly(environment.smokeTests) },
})

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** The answers by the questions' names. One that fails is no other's unhandled rejection. */
async function allOf<Asked extends Record<string, unknown>>(
  asked: Asked,
): Promise<{ [Name in keyof Asked]: Awaited<Asked[Name]> }> {
  const answers = Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const)
  return Object.fromEntries(await Promise.all(answers)) as { [Name in keyof Asked]: Awaited<Asked[Name]> }
}

/** `/home/tracehub/shared/ssl`: beside the environments' directories. */
const sharedCertificates = ({ directory }: Environment): string => join(dirname(directory), 'shared', 'ssl')

async function engineVersion(): Promise<string> {
  const ran = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], { timeout: patience })
  if (ran.ok) return ran.stdout.trim()
  throw new Failure({ what: lastLines(ran.stderr, 1) || 'Docker does not answer' })
}

/** A database that runs as it should has nothing to complain of. */
async function troubleIn(project: Project, containers: Facts['containers']): Promise<Problem | undefined> {
  const database = valueIn(containers)?.find(({ service }) => service === 'db')
  if (!database || conditionOf(database).is === 'healthy') return undefined
  return valueIn(await ask(() => troubleOfDatabase(project, { timeout: patience })))
}

async function usageIn(containers: Facts['containers']) {
  if (!containers.known) throw new Failure({ what: containers.why })
  const running = containers.value.flatMap(({ id, status }) => (status === 'running' ? id : []))
  return usageOf(running, 2 * patience) // it takes two looks
}

async function recentTraffic(proxy: HAProxy): Promise<RecentTraffic> {
  const started = performance.now()
  const before = await proxy.users()
  await sleep(trafficWatch)
  const total = await proxy.users()
  return { total, now: since(before, total), ms: performance.now() - started }
}

/** An image's newest revision does not change, and asking for it costs a Python start: `--watch` asks once. */
const heads = new Map<string, Revision>()

async function headOf(project: Project, live: Colour | null, images: Images | undefined): Promise<Revision> {
  if (live === null || !images) throw new Failure({ what: 'nothing is live' })
  const cached = heads.get(images.backend)
  if (cached !== undefined) return cached
  const heard = (command: readonly string[]) =>
    project.exec(serviceOf('backend', live), command, { timeout: 2 * patience })
  const first = await heard(['alembic', 'heads'])
  const ran = isMissing(first) ? await heard(asModule(['heads'])) : first
  if (!ran.ok)
    throw new Failure({ what: `alembic heads: ${lastLines(ran.stderr, 1) || `exit code ${ran.code}`}` })
  const found = [...ran.stdout.matchAll(/^(\S+) .*\(head\)/gm)].map(([, revision]) => revision).sort()
  const head = found.join(',') || null
  heads.set(images.backend, head)
  return head
}

function backupFacts(environment: Environment): BackupFacts {
  const all = listBackups(environment)
  const now = Date.now()
  const backups = fromThePast(all, now)
  return {
    count: all.length,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    last: backups[0],
    oldest: backups.at(-1),
    verified: backups.find(isVerified),
    fromFuture: all.filter(one => isFromFuture(one, now)),
  }
}

/** When these images were live on the environment that a version has to pass first. */
async function verifiedAt(
  { provedOn }: Environment,
  images: Images | undefined,
): Promise<number | null | undefined> {
  if (provedOn === undefined || !images) return undefined
  const history = valueIn(await ask(async () => readReleases(await loadEnvironment(provedOn.environment))))
  return history?.findLast(release => sameImages(release, images))?.at ?? null
}
