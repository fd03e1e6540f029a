import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'

/** The seven kinds of traffic, each counted on its own. */
export const KINDS = ['keepalive', 'new', 'post', 'slow', 'upload', 'websocket', 'poll'] as const
export type Kind = (typeof KINDS)[number]
export type Service = 'backend' | 'frontend'
/** By TLS where there is a `ca` (PEM), whom the server's certificate is checked against. */
export type Target = { readonly host: string; readonly port: number; readonly ca?: string }

export type LoadOptions = {
  readonly backend: string
  readonly frontend: string
  /** With https:// addresses: a TLS edge on this machine's loopback, and the file of its CA. */
  readonly edge?: { readonly port: number; readonly ca: string }
  /** Requests a second, all kinds together. */
  readonly rate: number
  /** All of them unless given. */
  readonly kinds?: readonly Kind[]
  /** When the load stops by itself, whatever becomes of the test that started it. */
  readonly maxSeconds?: number
}

export type Settings = {
  /** Names this run; every POST's reference starts with it. */
  readonly run: string
  readonly targets: Readonly<Record<Service, Target>>
  readonly rate: number
  readonly kinds: readonly Kind[]
  readonly maxSeconds: number
  /** How much longer than a request should take its answer is waited for. */
  readonly patienceMs: number
}

const FIFTEEN_MINUTES = 15 * 60
const MOST_SECONDS = 60 * 60
const MOST_PER_SECOND = 2000

/** Checks what was asked for and fills in the rest. Throws on anything out of bounds. */
export function settle(options: LoadOptions): Settings {
  const { rate, kinds = KINDS, maxSeconds = FIFTEEN_MINUTES } = options
  within('rate', rate, MOST_PER_SECOND)
  within('maxSeconds', maxSeconds, MOST_SECONDS)
  const unknown = kinds.filter(kind => !KINDS.includes(kind))
  if (unknown.length > 0 || kinds.length === 0)
    throw new Error(`kinds: expected some of ${KINDS.join(', ')}, got "${kinds.join(', ')}"`)
  return {
    run: `load-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`,
    targets: { backend: targetOf(options.backend, options), frontend: targetOf(options.frontend, options) },
    rate,
    kinds: [...new Set(kinds)],
    maxSeconds,
    patienceMs: 15_000,
  }
}

/** A name behind the edge is asked on this machine as well: see {@link onLoopback}. */
function targetOf(address: string, { edge }: LoadOptions): Target {
  if (!edge) return loopback(address)
  return { host: new URL(address).hostname, port: edge.port, ca: readFileSync(edge.ca, 'utf8') }
}

/** Whatever the name, it is looked for on this machine and nowhere else. */
export const onLoopback: LookupFunction = (_name, options, found) =>
  options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)

/**
 * The address of a server on this machine. Any other host is refused: a typing mistake must
 * never aim hundreds of requests a second at somebody else.
 */
export function loopback(address: string): Target {
  const url = new URL(address)
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (url.protocol !== 'http:' || !(host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)))
    throw new Error(`the load may only go to http:// on this machine (127.0.0.0/8, ::1), not to ${address}`)
  return { host, port: Number(url.port || 80) }
}

function within(name: string, value: number, most: number): void {
  if (!(value > 0 && value <= most))
    throw new Error(`${name}: expected more than 0 and at most ${most}, got ${value}`)
}
