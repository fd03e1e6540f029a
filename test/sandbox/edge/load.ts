import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { Agent, request } from 'node:https'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onLoopback } from '../load/settings.ts'
import { ports } from './scene.ts'

/**
 * Clients of the edge that never repeat what they sent, on connections of every kind: kept alive, new ones, slow
 * requests, and HTTP/2. One thing alone is repeated: a stream that HTTP/2's own rules declare as not processed
 * (REFUSED_STREAM, RFC 9113 section 8.7), as every browser does.
 */
export class EdgeLoad {
  sent = 0
  /** Streams that were refused because their connection was about to end, and sent again. */
  repeated = 0
  readonly failures: string[] = []
  readonly #ca: Buffer
  readonly #stop = new AbortController()
  readonly #clients: Promise<void>[]

  constructor(domains: readonly string[], caFile: string) {
    this.#ca = readFileSync(caFile)
    this.#clients = domains.flatMap(domain => [
      ...Array.from({ length: 5 }, () => this.#keepAlive(domain)),
      this.#fresh(domain),
      this.#slow(domain),
      ...Array.from({ length: 2 }, () => this.#http2(domain)),
    ])
  }

  /** Starts nothing new, and waits for what is in flight. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#clients)
  }

  get #goesOn(): boolean {
    return !this.#stop.signal.aborted
  }

  async #keepAlive(domain: string): Promise<void> {
    const agent = patientAgent()
    while (this.#goesOn) {
      await this.#ask(domain, '/kept', agent)
      await sleep(20 + Math.random() * 200)
    }
    agent.destroy()
  }

  async #fresh(domain: string): Promise<void> {
    while (this.#goesOn) {
      await this.#ask(domain, '/fresh', false)
      await sleep(Math.random() * 40)
    }
  }

  async #slow(domain: string): Promise<void> {
    while (this.#goesOn) await this.#ask(domain, '/slow?ms=1500', false)
  }

  #ask(domain: string, path: string, agent: Agent | false): Promise<void> {
    this.sent += 1
    return new Promise(resolve => {
      const fail = (why: string): void => {
        this.failures.push(`${domain}${path}: ${why}`)
        resolve()
      }
      const options = { host: domain, port: ports.https, path, agent, ca: this.#ca, lookup: onLoopback }
      const sent = request({ ...options, headers: { host: domain } }, answer => {
        answer.resume()
        answer.on('error', error => fail(error.message))
        answer.on('end', () => (answer.statusCode === 200 ? resolve() : fail(`status ${answer.statusCode}`)))
      })
      sent.on('error', error => fail(`${'code' in error ? error.code : ''} ${error.message}`))
      sent.end()
    })
  }

  async #http2(domain: string): Promise<void> {
    let session: ClientHttp2Session | undefined
    while (this.#goesOn) {
      if (!session || session.closed || session.destroyed) session = this.#session(domain)
      await this.#stream(domain, session)
      await sleep(10 + Math.random() * 50)
    }
    session?.close()
  }

  #session(domain: string): ClientHttp2Session {
    const session = connect(`https://${domain}:${ports.https}`, { ca: this.#ca, lookup: onLoopback })
    session.on('error', error => this.failures.push(`${domain} HTTP/2: ${error.message}`))
    return session
  }

  async #stream(domain: string, first: ClientHttp2Session): Promise<void> {
    this.sent += 1
    for (let session = first, tries = 0; ; tries += 1) {
      const problem = await this.#attempt(session)
      if (session !== first) session.close()
      if (problem === undefined) return
      if (problem !== 'refused' || tries > 3) {
        this.failures.push(`${domain} HTTP/2: ${problem}`)
        return
      }
      this.repeated += 1
      session = this.#session(domain)
    }
  }

  #attempt(session: ClientHttp2Session): Promise<string | undefined> {
    return new Promise(resolve => {
      if (session.closed || session.destroyed) return resolve('refused')
      const stream = session.request({ ':path': '/two' })
      let status = 0
      stream.on('response', headers => {
        status = Number(headers[':status'])
      })
      stream.on('error', error =>
        resolve(stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ? 'refused' : error.message),
      )
      stream.resume()
      stream.on('close', () => resolve(status === 200 ? undefined : `status ${status}`)) // after an error, if any
      stream.end()
    })
  }
}

/** Keeps its one connection for as long as the server does, as browsers do: Node's own gives it up a second before. */
function patientAgent(): Agent {
  return Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
    keepSocketAlive(socket: Socket): boolean {
      socket.unref()
      return true
    },
  })
}
