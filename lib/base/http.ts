import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { exitCodes, Failure } from './failure.ts'

export interface Answer {
  readonly status: number
  readonly body: string
  /** Whom we have spoken with, where it was by TLS. */
  readonly certificate?: X509Certificate
}

/** Another way to a host than its name, as the settings have it; `ca` is a file that is trusted instead of the system's. */
type Route = Readonly<{ address: string; port: number; ca?: string }>

/**
 * A request goes to an address, its certificate checked; or to a path on a Unix socket with a Host header, and by
 * `tls` through a handshake for that name in which any certificate will do: the caller looks at it.
 */
export type Target =
  | { readonly url: string; readonly route?: Route | undefined }
  | { readonly socket: string; readonly path: string; readonly host: string; readonly tls?: true }

/** More of an answer than this (1 MiB) is not kept: we look for words, not for files. */
const maxBody = 1024 * 1024

/** What is asked: a GET without a body, unless told. */
export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * One request on a connection of its own, bounded by `timeout` ms from its start to its last byte.
 * @throws Failure that says why there was no answer.
 */
export async function ask(
  target: Target,
  timeout: number,
  { method = 'GET', headers: given, body: sent }: Asked = {},
): Promise<Answer> {
  const { secure, ...options } = optionsOf(target)
  const signal = AbortSignal.timeout(timeout)
  const headers = { ...options.headers, ...given, connection: 'close' }
  const request = (secure ? httpsRequest : httpRequest)({ ...options, method, agent: false, signal, headers })
  request.on('error', () => {}) // what comes after the answer has begun is the answer's error, too
  try {
    const [response] = (await once(request.end(sent), 'response')) as [IncomingMessage]
    const certificate = secure && (response.socket as TLSSocket).getPeerX509Certificate() // https: it is one
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) if (body.length < maxBody) body += chunk
    return { status: response.statusCode ?? 0, body, ...(certificate && { certificate }) }
  } catch (error) {
    const what = signal.aborted ? `no answer within ${timeout} ms` : reason(error as Error) // of Node's http
    throw new Failure({ what }, exitCodes.nothingChanged, error)
  }
}

function optionsOf(target: Target): RequestOptions & { secure: boolean; headers: Record<string, string> } {
  if ('socket' in target) {
    const { socket, path, host, tls } = target
    return {
      ...{ secure: tls === true, socketPath: socket, path, headers: { host } },
      ...(tls && { servername: host, rejectUnauthorized: false }),
    }
  }
  const { protocol, hostname, host, port, pathname, search } = new URL(target.url)
  const { route } = target
  const secure = protocol === 'https:'
  return {
    ...{ secure, path: pathname + search, headers: { host } },
    ...(route
      ? { hostname: route.address, port: route.port, servername: hostname }
      : { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port }),
    ...(route?.ca && { ca: readFileSync(route.ca) }),
  }
}

function reason(error: Error): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ECONNRESET') return 'the connection was cut'
  if (code === 'ENOTFOUND') return 'the host name is unknown'
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate has expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate is for another name'
  if (code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || code === 'SELF_SIGNED_CERT_IN_CHAIN')
    return 'the certificate is signed by nobody we trust, or its chain is incomplete'
  return error.message
}
