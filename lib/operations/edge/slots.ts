import { Failure } from '../../base/failure.ts'
import { attempt, type Ran, run } from '../../base/shell.ts'
import { duration, lastLines } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import type { Compose } from '../../docker/compose.ts'
import { type Container, parseContainers } from '../../docker/containers.ts'
import { containersOf } from '../../docker/project.ts'
import { type Colour, colours, type Edge } from '../../environment/environment.ts'
import { askProxy } from '../../proxy/reports.ts'
import type { Step } from '../../run/step.ts'
import { socketOf } from './directory.ts'

/** How long a process may take to hear a signal (ms): moments, unless the machine is very busy. */
const patience = 5000

const serviceOf = (slot: Colour): string => `edge-${slot}`

/**
 * The edge's two slots. A new process takes the listening sockets over from the one that serves (`-x`, HAProxy's
 * own way, through the directory of sockets that both containers see); after that the old one is told to finish.
 */
export class Slots {
  readonly #edge: Edge
  readonly #compose: Compose

  constructor(edge: Edge, compose: Compose) {
    this.#edge = edge
    this.#compose = compose
  }

  /** The slots' containers, running or not. */
  async containers(): Promise<Map<Colour, Container | undefined>> {
    const all = await containersOf(this.#edge.project)
    return new Map(colours.map(slot => [slot, all.find(({ service }) => service === serviceOf(slot))]))
  }

  /** The slots that take new connections, the one that `wanted` names first. */
  async serving(wanted: Colour | null): Promise<Colour[]> {
    const found: Colour[] = []
    for (const [slot, container] of await this.containers())
      if (container?.status === 'running' && (await this.#isStopping(slot)) === false) found.push(slot)
    return found.sort((a, b) => Number(b === wanted) - Number(a === wanted))
  }

  /** Starts a slot afresh and waits until its process answers. @throws Failure with the end of its log. */
  async start(slot: Colour): Promise<void> {
    await this.#run('up', '--detach', '--no-deps', '--force-recreate', serviceOf(slot))
    await this.#untilReady(slot, async () => (await this.containers()).get(slot))
  }

  /** No new connections any more; what is open goes on to its end. The engine will not start it again. */
  async finish(slot: Colour): Promise<void> {
    const container = (await this.containers()).get(slot)
    if (container?.status !== 'running') return
    await run(['docker', 'update', '--restart', 'no', container.id])
    await attempt(['docker', 'kill', '--signal', 'SIGUSR1', container.id])
    // The signal is on its way: until the process says that it stops, it still takes connections.
    const deadline = Date.now() + patience
    while ((await this.#isStopping(slot)) === false && Date.now() < deadline) await sleep(20)
  }

  /** Waits until a slot that was told to finish has done so, no longer than the settings say, and removes it. */
  async vacate(slot: Colour, step: Step, signal: AbortSignal): Promise<void> {
    await this.finish(slot)
    const deadline = Date.now() + this.#edge.timeouts.drain
    for (;;) {
      const container = (await this.containers()).get(slot)
      if (!container) return
      if (container.status !== 'running' || Date.now() > deadline) return this.remove(slot)
      step.progress(`the process before the last still has ${await this.#connections(slot)} open`)
      await sleep(300, signal)
    }
  }

  /** Removes a slot that nobody is to reach any more, at once. */
  async remove(slot: Colour): Promise<void> {
    const container = (await this.containers()).get(slot)
    if (container) await run(['docker', 'rm', '--force', container.id])
  }

  /** Runs HAProxy's own check of a slot's files, with its image. A killed run may have left its container. */
  async validate(slot: Colour): Promise<Ran> {
    await this.endRehearsal()
    const haproxy = ['haproxy', '-c', '-f', '/usr/local/etc/haproxy']
    const once = ['run', '--rm', '--no-deps', '-T', '--name', this.#rehearsalName]
    const command = [...this.#compose.command, ...once, serviceOf(slot), ...haproxy]
    return attempt(command, { cwd: this.#edge.directory })
  }

  /**
   * Starts a slot's process where nobody can reach it: on sockets called `rehearsal`. It is one at a time.
   * @throws Failure with the end of its log.
   */
  async rehearse(slot: Colour): Promise<void> {
    await this.endRehearsal()
    const private_ = (name: string): string => `unix@/run/edge/rehearsal-users-${name}.sock`
    const settings = { EDGE_NAME: 'rehearsal', EDGE_HTTP: private_('http'), EDGE_HTTPS: private_('https') }
    await this.#run(
      ...['run', '--detach', '--no-deps', '--name', this.#rehearsalName],
      ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      ...[serviceOf(slot), 'haproxy', '-f', '/usr/local/etc/haproxy'],
    )
    const container = async () => {
      const { stdout } = await attempt(['docker', 'inspect', this.#rehearsalName])
      return parseContainers(stdout)[0]
    }
    await this.#untilReady('rehearsal', container)
  }

  async endRehearsal(): Promise<void> {
    await attempt(['docker', 'rm', '--force', this.#rehearsalName]) // there may be none
  }

  /** One command on a process's runtime socket. */
  ask(name: Colour | 'rehearsal', command: string): Promise<string> {
    return askProxy(socketOf(this.#edge, name), command)
  }

  async #untilReady(name: Colour | 'rehearsal', find: () => Promise<Container | undefined>): Promise<void> {
    const deadline = Date.now() + this.#edge.timeouts.ready
    for (;;) {
      const container = await find()
      const isUp = container?.status === 'running' && container.restarts === 0
      // A socket that answers may be of the container before; that one is removed by now.
      if (isUp && (await this.#isStopping(name)) === false) return
      if (!isUp || Date.now() > deadline) throw await this.#failedStart(name, container)
      await sleep(100)
    }
  }

  async #failedStart(name: string, container: Container | undefined): Promise<Failure> {
    const { stdout, stderr } = container
      ? await attempt(['docker', 'logs', '--tail', '12', container.id])
      : { stdout: 'there is no container', stderr: '' }
    return new Failure({
      what: `the edge's process ${name} does not answer within ${duration(this.#edge.timeouts.ready)}, or has ended`,
      detail: lastLines(`${stdout}\n${stderr}`, 12),
    })
  }

  /** Undefined where nothing answers. */
  async #isStopping(name: Colour | 'rehearsal'): Promise<boolean | undefined> {
    try {
      return /^Stopping: 1$/m.test(await this.ask(name, 'show info'))
    } catch (error) {
      if (error instanceof Failure) return undefined
      throw error
    }
  }

  async #connections(slot: Colour): Promise<string> {
    const info = await this.ask(slot, 'show info').catch(() => '') // it may have ended just now
    return `${/^CurrConns: (\d+)$/m.exec(info)?.[1] ?? 'some'} connections`
  }

  #run(...words: readonly string[]): Promise<string> {
    return run([...this.#compose.command, ...words], { cwd: this.#edge.directory })
  }

  get #rehearsalName(): string {
    return `${this.#edge.project}-rehearsal`
  }
}
