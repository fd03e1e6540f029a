import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Body, Question } from './exchange.ts'
import { exchange } from './exchange.ts'
import type { Journal, Outcome } from './journal.ts'

/**
 * Keeps one connection for as long as the server does. Node's own agent gives up a connection
 * a second before the server's `Keep-Alive: timeout` hint; browsers do not, and the race
 * against that timeout is what we are here to lose.
 */
function patientAgent(secure: boolean): Agent {
  const agent = new (secure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 1 })
  const watched = new WeakSet<Socket>()
  /**
   * Between the server's FIN and the socket's close, Node would still hand out the socket: a
   * fault of the client's, which must not be counted against the server.
   */
  const discard = (socket: Socket): void => {
    if (Object.values(agent.freeSockets).some(free => free?.includes(socket))) socket.destroy()
  }
  return Object.assign(agent, {
    keepSocketAlive(socket: Socket): boolean {
      socket.unref()
      if (!watched.has(socket)) {
        watched.add(socket)
        socket.on('end', () => discard(socket))
      }
      return true
    },
  })
}

/** One client with at most one connection, used again for each request while it lasts. */
export class Connection {
  busy = false
  readonly #question: Question
  readonly #journal: Journal

  constructor(question: Question, journal: Journal) {
    const agent = patientAgent(question.options.ca !== undefined)
    this.#question = { ...question, options: { ...question.options, agent } }
    this.#journal = journal
  }

  async ask(body?: Body): Promise<Outcome> {
    this.busy = true
    const outcome = await exchange(this.#question, this.#journal, body)
    this.busy = false
    return outcome
  }
}

/** Connections in rotation: a few to start with, more while those do not suffice. */
export class Pool {
  readonly #connections: Connection[]
  readonly #open: () => Connection
  readonly #most: number
  #next = 0

  constructor(size: { few: number; most: number }, open: () => Connection) {
    this.#connections = Array.from({ length: size.few }, open)
    this.#open = open
    this.#most = size.most
  }

  /** A connection that waits for nothing, or undefined when all of them do. */
  free(): Connection | undefined {
    const all = this.#connections
    for (let tried = 0; tried < all.length; tried++) {
      const connection = all[this.#next++ % all.length]
      if (connection && !connection.busy) return connection
    }
    if (all.length >= this.#most) return undefined
    const fresh = this.#open()
    all.push(fresh)
    return fresh
  }
}
