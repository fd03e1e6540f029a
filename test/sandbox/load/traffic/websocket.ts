import type { Failure } from '../journal.ts'
import { pause } from '../pause.ts'
import type { Scene, Traffic } from '../scene.ts'
import { onLoopback, type Service } from '../settings.ts'
import { echo, openTunnel, type Tunnel } from './tunnel.ts'

const CLIENTS: readonly Service[] = ['backend', 'backend', 'frontend', 'frontend']
const PATH = '/api/ws'
const EVERY_MS = 200

/**
 * Tunnels that live until the server closes them, with an echo asked for every 200 ms. Opening
 * one is a request, and so is every message. A tunnel that the server closes is no failure, if
 * only the next one opens at once: the message that was caught in between is sent through that.
 */
export function websocket(scene: Scene): Traffic {
  return {
    loops: CLIENTS.map((service, index) => () => new Client(scene, service, index).run()),
    loopsPerSecond: (CLIENTS.length * 1000) / EVERY_MS,
  }
}

class Client {
  readonly #scene: Scene
  readonly #service: Service
  readonly #name: string
  #messages = 0
  /** A message that was sent and has not come back. */
  #pending: { text: string; settle: Settle } | undefined

  constructor(scene: Scene, service: Service, index: number) {
    this.#scene = scene
    this.#service = service
    this.#name = `${scene.settings.run}-${index}`
  }

  async run(): Promise<void> {
    const { stop } = this.#scene
    while (!stop.aborted || this.#pending) {
      const tunnel = await this.#open()
      const useful = tunnel !== undefined && (await this.#talk(tunnel))
      if (stop.aborted && !useful) return this.#giveUp()
      // A server that refuses, or closes what it just opened, must not be stormed.
      if (!useful) await pause(EVERY_MS, stop)
    }
  }

  async #open(): Promise<Tunnel | undefined> {
    const { targets, patienceMs } = this.#scene.settings
    const { host, port, ca } = targets[this.#service]
    const settle = this.#begin(`GET ${PATH}`, null)
    const url = `${ca ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${PATH}`
    const options = ca === undefined ? {} : { ca, lookup: onLoopback } // ws hands all of them on to node:https
    const { tunnel, version, failure } = await openTunnel(url, patienceMs, options)
    settle(failure, version)
    return tunnel
  }

  /** Talks until either side closes; says whether anything came back. */
  async #talk(tunnel: Tunnel): Promise<boolean> {
    const { journal, stop, settings } = this.#scene
    let useful = false
    if (this.#pending) journal.closures.resent++
    while (!stop.aborted || this.#pending) {
      this.#pending ??= this.#next()
      const { text, settle } = this.#pending
      const answer = await echo(tunnel, text, settings.patienceMs)
      if (answer === undefined) break
      this.#pending = undefined
      settle(unlike(text, answer))
      // Its echo might still come, and be taken for that of the next message.
      if (answer === 'timeout') break
      useful = true
      if (await Promise.race([pause(EVERY_MS, stop), tunnel.closed])) break
    }
    if (tunnel.socket.readyState === tunnel.socket.OPEN) await hangUp(tunnel)
    else journal.tunnelClosed(await tunnel.closed)
    return useful
  }

  #next(): { text: string; settle: Settle } {
    const text = `${this.#name}-${++this.#messages}`
    return { text, settle: this.#begin(`message ${text}`, undefined) }
  }

  #giveUp(): void {
    this.#pending?.settle({ reason: 'closed', detail: 'the tunnel closed and no other one carried it' })
    this.#pending = undefined
  }

  #begin(request: string, idleMs: null | undefined): Settle {
    const { journal } = this.#scene
    const [started, clock] = [Date.now(), performance.now()]
    journal.begin('websocket')
    return (failure, version) => {
      const [ended, latencyMs] = [Date.now(), performance.now() - clock]
      const [kind, service] = ['websocket' as const, this.#service]
      journal.end({ kind, service, request, started, ended, latencyMs, idleMs, version, failure })
    }
  }
}

type Settle = (failure: Failure | undefined, version?: string) => void

function unlike(text: string, answer: string): Failure | undefined {
  if (answer === text) return undefined
  if (answer === 'timeout') return { reason: 'timeout', detail: 'no echo came back' }
  return { reason: 'wrong-body', detail: `expected ${JSON.stringify(text)}, got ${JSON.stringify(answer)}` }
}

async function hangUp({ socket, closed }: Tunnel): Promise<void> {
  socket.close(1000)
  // A server that does not answer the goodbye must not hold up the end of the load.
  const timer = setTimeout(() => socket.terminate(), 1000)
  await closed
  clearTimeout(timer)
}
