import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { readIfThere, writeAtomically, writeOnWayBack } from '../base/files.ts'
import type { Target } from '../base/http.ts'
import { duration } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import { type Project, type ServiceName, serviceOf } from '../docker/project.ts'
import { type Colour, colours, type Environment, type Part, parts } from '../environment/environment.ts'
import { askProxy, parseServers, parseTraffic, type Server, type Traffic } from './reports.ts'

/** The map's name inside the proxy, as its configuration says it. */
const mapInside = '/usr/local/etc/haproxy/live.map'
/** The proxy asks Docker's name server every second; this is far more than it needs (ms). */
const addressTimeout = 15_000
const mapLine = (colour: Colour | null): string => `live ${colour ?? 'none'}`

/** The environment's HAProxy: which colour users reach, and what it counts. */
export class HAProxy {
  readonly #environment: Environment
  readonly #directory: string

  constructor(environment: Environment) {
    this.#environment = environment
    this.#directory = join(environment.directory, 'proxy')
  }

  /** What the map on disk says: the colour that a proxy which starts now will use. */
  mapOnDisk(): Colour | null {
    return colourIn(readIfThere(join(this.#directory, 'live.map')) ?? '')
  }

  /** Writes the map on disk. The running proxy does not look at it again. */
  writeMap(colour: Colour | null): void {
    const file = join(this.#directory, 'live.map')
    const text = `${mapLine(colour)}\n`
    if (readIfThere(file) !== text) writeAtomically(file, text) // also to go back on a disk that is full
  }

  /** The colour that users reach now, or undefined when the proxy does not answer. */
  async live(): Promise<Colour | null | undefined> {
    try {
      return colourIn(await this.#ask(`show map ${mapInside}`))
    } catch (error) {
      if (error instanceof Failure) return undefined
      throw error
    }
  }

  /**
   * Moves users to a colour. The line is on disk before it is in force, so a proxy that restarts in between
   * comes up with the new colour, which is why that one must be fit for users before this is called.
   */
  async switchTo(colour: Colour | null): Promise<void> {
    this.writeMap(colour)
    await this.#setMap(colour)
  }

  /**
   * Moves users back, which must not fail for want of what took the version that they are on: the line is in force first,
   * and is then written to disk as well as that can be done.
   * @throws Failure when users were not moved, or when a proxy that restarts would move them forth again.
   */
  async switchBack(colour: Colour | null): Promise<void> {
    try {
      await this.#setMap(colour)
    } finally {
      const file = join(this.#directory, 'live.map')
      if (this.mapOnDisk() !== colour) writeOnWayBack(file, `${mapLine(colour)}\n`)
    }
  }

  async #setMap(colour: Colour | null): Promise<void> {
    const answer = await this.#ask(`set map ${mapInside} ${mapLine(colour)}`)
    const now = colourIn(await this.#ask(`show map ${mapInside}`))
    if (now !== colour)
      throw new Failure({
        what: `the proxy did not switch to ${colour}: ${answer.trim() || `it still says ${now}`}`,
      })
  }

  /**
   * Takes a service out of users' reach, or puts it back: meanwhile they get the 503 page at once. Requests in flight
   * go on. A proxy that is restarted has forgotten it.
   */
  async setAway(service: ServiceName, away: boolean): Promise<void> {
    const answer = await this.#ask(`set server ${service}/app state ${away ? 'maint' : 'ready'}`)
    if (answer.trim() !== '') throw new Failure({ what: `the proxy refused: ${answer.trim()}` })
  }

  /**
   * Waits until the proxy has found the addresses of the services' own containers. Right after a start it may still
   * hold those of containers that are gone, which Docker gives to new ones: users would reach the wrong service.
   */
  async waitForAddresses(project: Project, services: readonly ServiceName[], signal: AbortSignal) {
    const deadline = Date.now() + addressTimeout
    const containers = await project.containers(services)
    for (;;) {
      const servers = await this.servers()
      const missing = services.filter(service => {
        const server = servers.find(({ backend }) => backend === service)
        const container = containers.find(found => found.service === service)
        return !server?.running || !container?.addresses.includes(server.address)
      })
      if (missing.length === 0) return
      if (Date.now() > deadline)
        throw new Failure({
          what: `the proxy has not found ${missing.join(' and ')} within ${duration(addressTimeout)}`,
          fix: project.typed('logs', 'proxy'),
        })
      await sleep(100, signal)
    }
  }

  /**
   * Waits until no request to a colour is in flight, at most `timeout` ms (as long as the settings say, unless told): a
   * websocket never ends by itself.
   * @returns how many were still open.
   */
  async drain(
    colour: Colour,
    progress: (open: number) => void,
    timeout = this.#environment.timeouts.drain,
  ): Promise<number> {
    const deadline = Date.now() + timeout
    for (;;) {
      const traffic = await this.traffic()
      const open = parts.reduce((sum, part) => sum + (traffic.get(serviceOf(part, colour))?.open ?? 0), 0)
      if (open === 0 || Date.now() > deadline) return open
      progress(open)
      await sleep(100)
    }
  }

  /** What users' requests on both ports came to since the proxy started. */
  async users(): Promise<Traffic> {
    const traffic = await this.traffic()
    const sum = (key: keyof Traffic): number =>
      parts.reduce((total, part) => total + (traffic.get(`users-${part}`)?.[key] ?? 0), 0)
    return { requests: sum('requests'), errors: sum('errors'), open: sum('open') }
  }

  async servers(): Promise<Server[]> {
    return parseServers(await this.#ask('show servers state'))
  }

  async traffic(): Promise<Map<string, Traffic>> {
    return parseTraffic(await this.#ask('show stat'))
  }

  /** A colour's private entrance, whoever is live. */
  preview(part: Part, colour: Colour, path: string): Target {
    const socket = join(this.#directory, 'run', `${serviceOf(part, colour)}.sock`)
    return { socket, path, host: this.#environment.domain }
  }

  #ask(command: string): Promise<string> {
    return askProxy(join(this.#directory, 'run', 'admin.sock'), command)
  }
}

/** The colour in the map's text, on disk (`live blue`) or as the socket shows it (`0x55… live blue`). */
export function colourIn(map: string): Colour | null {
  const word = /^(?:0x[0-9a-f]+ )?live (\w+)$/m.exec(map)?.[1]
  return colours.find(colour => colour === word) ?? null
}
