import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { commandOf } from '../../base/command-text.ts'
import type { Problem } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { bytes } from '../../base/text.ts'
import { databaseSize } from '../../database/database.ts'
import { engineTrouble } from '../../docker/answers.ts'
import { findCompose } from '../../docker/compose.ts'
import { engineDirectories, fileSystemOf } from '../../docker/disks.ts'
import { registryOf } from '../../docker/registry.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Site } from '../../proxy/site.ts'

/** Docker, and a compose to go with it. */
export async function engineProblems(): Promise<Problem[]> {
  const trouble = await engineTrouble()
  if (trouble) return [trouble]
  if (await findCompose()) return []
  return [
    {
      what: 'neither `docker compose` nor `docker-compose` is here',
      fix: 'apt-get install docker-compose-plugin',
    },
  ]
}

/** Room for the images, and for a dump of the database, on every file system that a deploy writes to. */
export async function diskProblems({ environment, project }: Site, engine: boolean): Promise<Problem[]> {
  const [database] = engine ? await project.containers(['db']) : []
  const dump = database?.status === 'running' ? await databaseSize(project).catch(() => 0) : 0
  const { directory, diskReserve } = environment
  const docker = engine ? await engineDirectories(20_000) : undefined
  const places: [path: string, needed: number][] = [
    [directory, diskReserve + dump],
    [join(directory, 'backups'), dump + 1024 * 1024],
  ]
  if (docker) places.push([docker.data, diskReserve], [docker.images, diskReserve])
  const problems: Problem[] = []
  const said = new Set<number>()
  for (const [place, needed] of places) {
    const disk = await fileSystemOf(place) // Docker may run where we cannot look
    if (!disk || disk.free >= needed || said.has(disk.device)) continue
    said.add(disk.device)
    problems.push({
      what: `${place} has ${bytes(disk.free)} free; ${bytes(needed)} are needed for images and a dump`,
      fix: `${commandOf('cleanup', environment.name)}  makes room; docker system df shows what takes it`,
    })
  }
  return problems
}

/** Memory for a candidate beside the live version. */
export async function memoryProblems(environment: Environment): Promise<Problem[]> {
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

interface RegistryConfig {
  readonly InsecureRegistryCIDRs?: readonly string[] | null
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure: boolean }>> | null
}

/** A word of warning where the engine will want a certificate of a registry on this machine. */
export async function loopbackRegistryWarning(image: string): Promise<Problem | undefined> {
  if (!isLoopback(registryOf(image))) return undefined
  const ran = await attempt(['docker', 'info', '--format', '{{json .RegistryConfig}}'], { timeout: 20_000 })
  return ran.ok ? warningOf(registryOf(image), JSON.parse(ran.stdout) as RegistryConfig | null) : undefined
}

/**
 * Since Engine 29.10, `insecure-registries` in its settings replaces its own list, which has the loopback addresses
 * (https://github.com/moby/moby/releases/tag/docker-v29.10.0). Before, it was added to that.
 */
export function warningOf(registry: string, config: RegistryConfig | null): Problem | undefined {
  if (!isLoopback(registry) || !config) return undefined
  const own = registry.startsWith('[') ? '::1/128' : '127.0.0.0/8'
  if (config.InsecureRegistryCIDRs?.includes(own)) return undefined
  if (config.IndexConfigs?.[registry]?.Secure === false) return undefined
  return {
    what: `the engine wants a trusted certificate of the registry ${registry}, although it is on this machine`,
    fix: `where it has none: add "${registry}" to insecure-registries in /etc/docker/daemon.json, then sudo systemctl reload docker`,
  }
}

const isLoopback = (registry: string): boolean => /^(127\.|localhost(:|$)|\[::1\])/.test(registry)
