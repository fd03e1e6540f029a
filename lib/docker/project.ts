import { Failure } from '../base/failure.ts'
import { attempt, commandFailed, type Ran, type RunOptions, run } from '../base/shell.ts'
import { type Colour, type Environment, type Part, parts } from '../environment/environment.ts'
import { question } from './answers.ts'
import type { Compose } from './compose.ts'
import { type Container, parseContainers, parseVariables } from './containers.ts'
import { inspectContainers, listContainers } from './engine-api.ts'

/** The name of a colour's service in the compose file. */
export type ServiceName = 'db' | 'proxy' | `${Part}-${Colour}`
export const serviceOf = (part: Part, colour: Colour): ServiceName => `${part}-${colour}`
export const servicesOf = (colour: Colour): ServiceName[] => parts.map(part => serviceOf(part, colour))

type Patience = Pick<RunOptions, 'timeout'>

/**
 * The environment's containers. All that we know of how services become containers is in this file.
 * Commands run in the environment's directory with no flags that name it: just as a person types them.
 */
export class Project {
  readonly environment: Environment
  readonly #compose: Compose
  readonly #database: string | undefined

  /** @param database the container that is asked as `db`, where that is none of Compose's: a throwaway server, say */
  constructor(environment: Environment, compose: Compose, database?: string) {
    this.environment = environment
    this.#compose = compose
    this.#database = database
  }

  #command(...words: readonly string[]): string[] {
    return [...this.#compose.command, ...words]
  }

  /** Containers of the given services (of all, unless told), running or not. One-off ones are left out. */
  async containers(services?: readonly ServiceName[], options: Patience = {}): Promise<Container[]> {
    const all = await containersOf(this.environment.project, options)
    return services ? all.filter(({ service }) => services.some(name => name === service)) : all
  }

  /** Creates and starts services; nothing that they depend on is touched. */
  async start(services: readonly ServiceName[], options: { fresh: boolean }): Promise<void> {
    const fresh = options.fresh ? ['--force-recreate'] : ['--no-recreate']
    await run(this.#command('up', '--detach', '--no-deps', ...fresh, ...services), this.#here())
  }

  /** The services that a plain `up -d` would recreate, as Compose v2 itself says; v1 cannot tell. */
  async wouldRecreate(services: readonly ServiceName[]): Promise<ServiceName[]> {
    const plan = this.#command('up', '--dry-run', '--detach', '--no-deps', ...services)
    const ran = await attempt(plan, this.#here())
    if (!ran.ok) return []
    const names = [...ran.stderr.matchAll(/Container (\S+) +Recreate\s*$/gm)].map(([, name]) => name)
    const recreated = (await this.containers(services)).filter(({ name }) => names.includes(name))
    return services.filter(service => recreated.some(container => container.service === service))
  }

  /** Starts containers that exist and are stopped, as they are; from now on the engine keeps them running, too. */
  async startAgain(containers: readonly Container[]): Promise<void> {
    await onAll(containers, 'update', '--restart', 'always')
    await onAll(containers, 'start')
  }

  /** Stops containers that are to rest: they stay, and an engine that is started anew leaves them alone. */
  async rest(containers: readonly Container[]): Promise<void> {
    await onAll(containers, 'update', '--restart', 'unless-stopped')
    await this.stop(containers)
  }

  /** SIGTERM, the service's own grace period, SIGKILL. The containers stay, to be started again. */
  readonly stop = (containers: readonly Container[]): Promise<void> => onAll(containers, 'stop')

  /** Removes containers, never a volume. */
  async remove(containers: readonly Container[]): Promise<void> {
    await this.stop(containers.filter(({ status }) => status === 'running'))
    await onAll(containers, 'rm', '--force')
  }

  /**
   * Runs a command inside a service's running container.
   * @throws Failure where the service has none. A name is not asked instead: on this engine it may be a stranger's.
   */
  async exec(
    service: ServiceName,
    command: readonly string[],
    options: RunOptions & { user?: string } = {},
  ): Promise<Ran> {
    const patience = options.timeout === undefined ? {} : { timeout: options.timeout }
    const [id] =
      service === 'db' && this.#database !== undefined
        ? [this.#database]
        : await idsOf(this.environment.project, [`com.docker.compose.service=${service}`], patience)
    if (id === undefined)
      throw new Failure({
        what: `${service} has no container in ${this.environment.project}`,
        fix: this.typed('up', '-d', service),
      })
    const user = options.user ? ['--user', options.user] : []
    const input = options.input === undefined ? [] : ['--interactive']
    return attempt(['docker', 'exec', ...user, ...input, id, ...command], options)
  }

  /**
   * Runs a command in a container of its own, with the service's image, secrets and network: this command alone, and
   * not the image's entrypoint, which may migrate on its own account. There is one such container at a time: its name
   * is fixed, so that a leftover of a killed run is found and ended.
   * @param options.env variables that it has instead of the service's; the process list does not show them
   */
  async runOnce(service: ServiceName, command: readonly string[], options: RunOptions = {}): Promise<Ran> {
    await this.endRunOnce()
    const [program = '', ...rest] = command
    const variables = Object.keys(options.env ?? {}).flatMap(name => ['-e', name])
    const words = ['run', '--rm', '--no-deps', '-T', '--name', this.#onceName, '--entrypoint', program]
    try {
      return await attempt(this.#command(...words, ...variables, service, ...rest), this.#here(options))
    } catch (error) {
      await this.endRunOnce() // the client was ended, by its timeout or on request; its container runs on
      throw error
    }
  }

  /** Ends what {@link runOnce} of a killed run left. @returns whether there was anything. */
  async endRunOnce(): Promise<boolean> {
    const project = `label=com.docker.compose.project=${this.environment.project}`
    const filters = ['--filter', project, '--filter', `name=^${this.#onceName}$`]
    const { stdout } = await attempt(['docker', 'ps', '--all', '--quiet', '--no-trunc', ...filters], question)
    const id = stdout.trim()
    if (id === '') return false
    await attempt(['docker', 'rm', '--force', id])
    return true
  }

  /** Whether the engine has a volume of the compose file, whoever uses it. One without labels Compose takes as well. */
  async hasVolume(name: string): Promise<boolean> {
    const filter = ['--filter', `name=^${this.environment.project}_${name}$`]
    return (await run(['docker', 'volume', 'ls', '--quiet', ...filter], question)) !== ''
  }

  /** Runs a container's own health check. It has five seconds, as in the compose file. */
  async passesHealthCheck({ id, healthCommand }: Container): Promise<boolean> {
    if (healthCommand.length === 0) return false
    try {
      return (await attempt(['docker', 'exec', id, ...healthCommand], { timeout: 5000 })).ok
    } catch (error) {
      if (error instanceof Failure) return false // it did not end in time
      throw error
    }
  }

  /** The end of a container's log. */
  async logs({ id }: Container, lines: number, options: Patience = {}): Promise<string> {
    const command = ['docker', 'logs', '--tail', String(lines), id]
    const { stdout, stderr } = await attempt(command, { ...question, ...options, keep: 'end' })
    return [stdout, stderr].filter(text => text.trim() !== '').join('\n')
  }

  /** The variables that a container's program was started with. */
  async variables(container: Container): Promise<Record<string, string>> {
    return parseVariables(await run(['docker', 'inspect', ...itsVariables, container.id], question))
  }

  /** The variables that an image brings by itself. */
  async imageVariables(image: string): Promise<Record<string, string>> {
    return parseVariables(await run(['docker', 'image', 'inspect', ...itsVariables, image], question))
  }

  /** Freezes containers: what they have open stays open, and nothing happens until they go on. */
  readonly pause = (containers: readonly Container[]): Promise<void> => onAll(containers, 'pause')

  /** Lets containers go on that somebody has paused. */
  readonly unpause = (containers: readonly Container[]): Promise<void> => onAll(containers, 'unpause')

  /** A command for a person in the environment's directory, as one types it there. */
  typed(...words: readonly string[]): string {
    return `cd ${this.environment.directory} && ${this.#command(...words).join(' ')}`
  }

  get #onceName(): string {
    return `${this.environment.project}-once`
  }

  #here(options: RunOptions = {}): RunOptions {
    return { ...options, cwd: this.environment.directory }
  }
}

const itsVariables = ['--format', '{{json .Config.Env}}']

/** Does something to containers, where there are any. */
async function onAll(containers: readonly Container[], ...words: readonly string[]): Promise<void> {
  if (containers.length > 0) await run(['docker', ...words, ...containers.map(({ id }) => id)])
}

/** A project's containers, running or not; one-off ones are left out. */
export const containersOf = async (project: string, options: Patience = {}): Promise<Container[]> =>
  parseContainers(await inspectProject(project, options))

/** The same as `docker inspect` prints it: one JSON text. */
export async function inspectProject(project: string, options: Patience = {}): Promise<string> {
  const listed = await idsOf(project, [], options)
  if (listed.length === 0) return '[]'
  return (await inspectContainers(listed)) ?? (await inspectByCli(listed, options))
}

/** Their ids, newest first; those that have the labels, too. */
async function idsOf(project: string, labels: readonly string[], options: Patience): Promise<string[]> {
  const all = [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False', ...labels]
  const answered = await listContainers(all)
  if (answered) return answered
  const filters = all.flatMap(label => ['--filter', `label=${label}`])
  const listed = await run(['docker', 'ps', '--all', '--quiet', '--no-trunc', ...filters], {
    ...question,
    ...options,
  })
  return listed === '' ? [] : listed.split('\n')
}

/** Not `run`: a container may be removed between the two commands; inspect still prints the others. */
async function inspectByCli(ids: readonly string[], options: RunOptions): Promise<string> {
  const inspect = ['docker', 'inspect', ...ids]
  const ran = await attempt(inspect, { ...question, ...options })
  if (ran.stdout.trim() === '') throw commandFailed(inspect, ran)
  return ran.stdout
}
