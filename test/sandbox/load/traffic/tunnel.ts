import { type ClientOptions, WebSocket } from 'ws'
import { versionOf } from '../exchange.ts'
import type { Failure } from '../journal.ts'

/** An open WebSocket, and how it ends. */
export type Tunnel = {
  readonly socket: WebSocket
  /** The close code, once it is closed; it never rejects. */
  readonly closed: Promise<number>
}

export type Attempt = {
  readonly tunnel: Tunnel | undefined
  readonly version: string | undefined
  readonly failure: Failure | undefined
}

/** Opens a WebSocket, once. What went wrong is told, not thrown. */
export function openTunnel(url: string, patienceMs: number, options: ClientOptions = {}): Promise<Attempt> {
  return new Promise(resolve => {
    const socket = new WebSocket(url, { ...options, perMessageDeflate: false })
    const closed = new Promise<number>(close => socket.once('close', close))
    let version: string | undefined
    const fail = (reason: string, detail: string) => {
      clearTimeout(timer)
      resolve({ tunnel: undefined, version, failure: { reason, detail } })
      socket.terminate()
    }
    const timer = setTimeout(() => fail('timeout', `no answer in ${patienceMs} ms`), patienceMs)
    // Stays for the tunnel's whole life: an error without a listener would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error.message))
    socket.once('upgrade', answer => {
      // Not every server puts its headers on a 101 as well: that it is missing means nothing here.
      version = answer.headers['x-version'] === undefined ? undefined : versionOf(answer)
    })
    socket.once('unexpected-response', (_request, answer) => {
      version = versionOf(answer)
      fail(`status ${answer.statusCode}`, 'expected 101')
    })
    socket.once('open', () => {
      clearTimeout(timer)
      resolve({ tunnel: { socket, closed }, version, failure: undefined })
    })
  })
}

/** Sends a message and waits for the next one to come back; undefined when neither of these happens. */
export async function echo(
  tunnel: Tunnel,
  text: string,
  patienceMs: number,
): Promise<string | 'timeout' | undefined> {
  const { socket, closed } = tunnel
  let timer: NodeJS.Timeout | undefined
  const answer = new Promise<string>(resolve => socket.once('message', data => resolve(String(data))))
  const timeout = new Promise<'timeout'>(resolve => {
    timer = setTimeout(() => resolve('timeout'), patienceMs)
  })
  socket.send(text)
  const first = await Promise.race([answer, timeout, closed.then(() => undefined)])
  clearTimeout(timer)
  socket.removeAllListeners('message')
  return first
}
