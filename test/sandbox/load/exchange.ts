import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Failure, Journal, Outcome } from './journal.ts'
import type { Kind, Service } from './settings.ts'

/** A request that can be asked again and again, and what a right answer to it is. */
export type Question = {
  readonly kind: Kind
  readonly service: Service
  /** Complete and with its agent, built once: node:http then only reads it. */
  readonly options: RequestOptions
  readonly status: number
  /** When to stop waiting: a while after the server should have answered. */
  readonly patienceMs: number
  /** What is wrong with the body, if anything. */
  readonly complaint: (body: string, version: string | undefined) => string | undefined
}

/** What to write after the headers, and what only this request's own answer must say. */
export type Body = {
  /** Goes into examples. */
  readonly name?: string
  readonly send: (request: ClientRequest) => void
  readonly complaint?: Question['complaint']
}

/** A connection that was already closed answers a request with a reset at once. */
const AT_ONCE_MS = 100
const NOTHING: Body = { send: request => request.end() }

/** When each connection was last used: tells reuse from first use, and how long it was idle. */
const lastUse = new WeakMap<Socket, number>()

/** Sends one request, once, and records how it ended. Never rejects, never retries. */
export function exchange(question: Question, journal: Journal, body = NOTHING): Promise<Outcome> {
  const { kind, service, options } = question
  journal.begin(kind)
  return new Promise(resolve => {
    const started = Date.now()
    const clock = performance.now()
    let socket: Socket | undefined
    let idleMs: number | null | undefined
    let readBefore = 0
    let answer: IncomingMessage | undefined
    let over = false

    function end(failure?: Failure): void {
      if (over) return
      over = true
      clearTimeout(timer)
      const now = performance.now()
      if (socket) lastUse.set(socket, now)
      const request = `${options.method} ${options.path}${body.name ? ` ${body.name}` : ''}`
      const version = answer && versionOf(answer)
      const [ended, latencyMs] = [Date.now(), now - clock]
      const outcome = { kind, service, request, started, ended, latencyMs, idleMs, version, failure }
      journal.end(outcome)
      resolve(outcome)
    }

    function broken(error: NodeJS.ErrnoException): void {
      const code = error.code ?? error.message
      const unread = socket?.bytesRead === readBefore
      const reused = typeof idleMs === 'number' && unread && performance.now() - clock < AT_ONCE_MS
      end({
        reason: answer ? 'short-body' : reused ? onReuse(code) : code,
        detail: `${code}: ${error.message}`,
      })
    }

    const request = (options.ca ? httpsRequest : httpRequest)(options, response => {
      answer = response
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
      })
      response.on('error', broken)
      response.on('end', () => {
        end(verdict(question, response, text, body.complaint))
        // An answer before the whole request was sent: nobody reads the rest.
        if (!request.writableFinished) request.destroy()
      })
    })
    request.on('error', broken)
    request.on('socket', (used: Socket) => {
      socket = used
      readBefore = used.bytesRead
      const last = lastUse.get(used)
      idleMs = last === undefined ? null : performance.now() - last
    })
    const timer = setTimeout(() => {
      end({
        reason: 'timeout',
        detail: `${answer ? 'no complete' : 'no'} answer in ${question.patienceMs} ms`,
      })
      request.destroy()
    }, question.patienceMs)
    body.send(request)
  })
}

/** What a browser would hide by sending a GET again, and we count. */
function onReuse(code: string): string {
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset-on-reuse' : code
}

function verdict(
  { status, complaint }: Question,
  answer: IncomingMessage,
  text: string,
  own = complaint,
): Failure | undefined {
  const excerpt = () => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text)
  if (answer.statusCode !== status)
    return { reason: `status ${answer.statusCode}`, detail: `expected ${status}: ${excerpt()}` }
  const wrong = own(text, versionOf(answer))
  return wrong === undefined ? undefined : { reason: 'wrong-body', detail: `${wrong}: ${excerpt()}` }
}

/** `none` where the header is missing, so that an answer from somewhere else stands out. */
export function versionOf(answer: IncomingMessage): string {
  return String(answer.headers['x-version'] ?? 'none')
}
