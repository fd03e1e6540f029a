import { readFile, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { build } from './build.ts'
import { findCompose } from './compose.ts'
import { databaseSize } from './database.ts'
import { acceptsPassword } from './database-login.ts'
import { readComposeState } from './directory.ts'
import { type Environment, type Part, parts } from './environment.ts'
import { type Problem, Problems, problemOf } from './failure.ts'
import { waitUntilHealthy } from './health.ts'
import { resolve } from './images.ts'
import { provedProblems } from './proved.ts'
import { withRegistry } from './registry.ts'
import { type Images, readReleases } from './releases.ts'
import { readRotation } from './rotation.ts'
import type { Step } from './run.ts'
import { readSecrets, type Secrets, secretsFile } from './secrets.ts'
import { attempt } from './shell.ts'
import type { Site } from './site.ts'
import { bytes, count, lastLines } from './text.ts'

interface Wanted {
  readonly tag: string
  /** The images of one build, whatever the tag has come to mean since. */
  readonly digests?: Readonly<Record<Part, string>> | undefined
  readonly build: boolean
}

/** What a deploy is to bring live, with every doubt about it removed. */
export interface Cleared {
  readonly images: Images
  readonly secrets: Secrets
}

/**
 * Looks at everything that could make a deploy fail before anything is changed.
 * @throws Problems with all that is wrong, not with the first of it.
 */
export async function preflight(site: Site, wanted: Wanted, step: Step): Promise<Cleared> {
  const { environment } = site
  const { secrets, problems: secretProblems } = readSecrets(environment)
  const engine = await engineProblems()
  step.progress('images, disk, memory, ports, database')
  const [images, ...found] = await Promise.all([
    wantedImages(site, wanted, step).catch(problemsOf),
    diskProblems(site, engine.length === 0),
    memoryProblems(environment),
    engine.length === 0 ? portProblems(site) : [],
    engine.length === 0 ? databaseProblems(site, secrets, step) : [],
  ])
  const imageProblems = Array.isArray(images)
    ? engine.length === 0
      ? images
      : []
    : await provedProblems(site, images)
  const problems = [...engine, ...secretProblems, ...imageProblems, ...found.flat()]
  if (problems.length > 0 || Array.isArray(images))
    throw new Problems(
      `${environment.name} cannot be deployed to: ${count(problems.length, 'problem')}`,
      problems,
    )
  return { images, secrets }
}

const problemsOf = (error: unknown): Problem[] =>
  error instanceof Problems ? [...error.problems] : [problemOf(error)]

async function wantedImages(site: Site, wanted: Wanted, step: Step): Promise<Images> {
  const { environment, run } = site
  if (wanted.build)
    return build(environment, join(import.meta.dirname, '..'), {
      signal: run.signal,
      progress: text => step.progress(text),
    })
  return withRegistry(environment, async access => {
    const asked = await Promise.allSettled(
      parts.map(part => resolve(access, environment.images[part], wanted.digests?.[part] ?? wanted.tag)),
    )
    const refused = asked.flatMap(answer => (answer.status === 'rejected' ? [problemOf(answer.reason)] : []))
    if (refused.length > 0) throw new Problems('the images are not to be had', refused)
    const [backend, frontend] = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (!backend || !frontend) throw new TypeError('there are two parts')
    return { backend, frontend }
  })
}

export async function engineProblems(): Promise<Problem[]> {
  const engine = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
  if (!engine.ok)
    return [
      {
        what: 'Docker does not answer on this machine',
        detail: lastLines(engine.stderr, 3),
        fix: 'sudo systemctl start docker, and check that you are in the group docker',
      },
    ]
  if (await findCompose()) return []
  return [
    {
      what: 'neither `docker compose` nor `docker-compose` is here',
      fix: 'apt-get install docker-compose-plugin',
    },
  ]
}

async function diskProblems({ environment, project }: Site, engine: boolean): Promise<Problem[]> {
  const dump = engine && (await databaseRuns(project)) ? await databaseSize(project).catch(() => 0) : 0
  const places = new Map([[environment.directory, environment.diskReserve + dump]])
  places.set(join(environment.directory, 'backups'), dump + 1024 * 1024)
  if (engine) {
    const { stdout } = await attempt(['docker', 'info', '--format', '{{.DockerRootDir}}'])
    places.set(stdout.trim(), environment.diskReserve)
  }
  const problems: Problem[] = []
  for (const [place, needed] of places) {
    const disk = await statfs(place).catch(() => undefined) // Docker may run where we cannot look
    const free = disk ? disk.bavail * disk.bsize : Number.POSITIVE_INFINITY
    if (free < needed)
      problems.push({
        what: `${place} has ${bytes(free)} free; ${bytes(needed)} are needed for images and a dump`,
        fix: 'docker system df shows what takes the space; docker image prune frees some of it',
      })
  }
  return problems
}

async function memoryProblems(environment: Environment): Promise<Problem[]> {
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024
  if (available >= environment.memoryReserve) return []
  return [
    {
      what: `${bytes(available)} of memory are available; a candidate beside the live version needs ${bytes(environment.memoryReserve)}`,
      fix: 'docker stats shows who uses it',
    },
  ]
}

/** The ports of services that do not run, and are taken by somebody else. */
export async function portProblems({ environment, project }: Site): Promise<Problem[]> {
  const holding = (await project.containers(['db', 'proxy'])).filter(
    ({ status }) => status === 'running' || status === 'paused',
  )
  const isOurs = (service: string): boolean => holding.some(container => container.service === service)
  const ports = [
    ...(isOurs('proxy') ? [] : [environment.ports.backend, environment.ports.frontend]),
    ...(isOurs('db') ? [] : [environment.ports.database]),
  ]
  const taken = await Promise.all(ports.map(async port => ((await isFree(port)) ? [] : [port])))
  return taken.flat().map(port => ({
    what: `port ${port} is taken by something else`,
    fix: `ss -ltnp 'sport = :${port}' shows by what; stop it`,
  }))
}

function isFree(port: number): Promise<boolean> {
  return new Promise(free => {
    const server = createServer()
    server.once('error', () => free(false))
    server.listen(port, '127.0.0.1', () => server.close(() => free(true)))
  })
}

/**
 * A database that was live and is not: nothing can be backed up, and a candidate would never be healthy. One that is
 * just starting, as after a reboot, is waited for.
 */
async function databaseProblems(
  { environment, project }: Site,
  secrets: Secrets,
  step: Step,
): Promise<Problem[]> {
  if (readReleases(environment).length === 0 || readComposeState(environment) === undefined) return []
  const [database] = await project.containers(['db'])
  if (!database) return [] // after `docker-compose down`: the deploy starts it
  const isStarting = database.status === 'running' && database.health === 'starting'
  try {
    await waitUntilHealthy(project, ['db'], { timeout: isStarting ? environment.timeouts.healthy : 0, step })
    return await passwordProblems(project, secrets)
  } catch (error) {
    const { what, detail } = problemOf(error)
    return [
      {
        what: `the database is down: ${what}`,
        detail,
        fix: `npx tsx scripts/repair.ts -e ${environment.name}`,
      },
    ]
  }
}

/** A password that was changed in one place only. An interrupted rotation is taken to its end before it is used. */
async function passwordProblems(project: Site['project'], secrets: Secrets): Promise<Problem[]> {
  const { environment } = project
  const password = secrets['DB_PASSWORD']
  if (password === undefined || secrets['DATABASE_URL'] || readRotation(environment)) return []
  if (await acceptsPassword(project, environment.database.user, password)) return []
  return [
    {
      what: `the database refuses DB_PASSWORD of ${secretsFile(environment)}`,
      fix: `put the database's password there, or let both have a new one: npx tsx scripts/secrets.ts rotate DB_PASSWORD -e ${environment.name}`,
    },
  ]
}

async function databaseRuns(project: Site['project']): Promise<boolean> {
  const [database] = await project.containers(['db'])
  return database?.status === 'running'
}
