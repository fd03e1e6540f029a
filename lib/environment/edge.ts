import type { Milliseconds } from '../base/units.ts'

/** The TLS edge: one HAProxy on 80 and 443 in front of all environments. */
export interface Edge {
  /** Told from an application by it. */
  readonly kind: 'edge'
  /** What `-e` says. */
  readonly name: string
  /** Its directory on the VPS; the certificates are in `ssl` below it. */
  readonly directory: string
  /** The compose project: the containers carry this name. */
  readonly project: string
  /** With a pinned tag; what it means is looked up once. */
  readonly image: string
  /** On every address of the machine. */
  readonly ports: { readonly http: number; readonly https: number }
  /** The environments that are served, each by its domain. */
  readonly environments: readonly string[]
  /** Paths that begin like this go to an environment's backend port, all others to its frontend port. */
  readonly backendPaths: readonly string[]
  /** How long browsers remember that there is TLS here (HSTS). */
  readonly hsts: Milliseconds
  /** Certificates that expire sooner than this are warned of. */
  readonly expiryWarning: Milliseconds
  /** HAProxy rules of your own, evaluated before ours: `http-request deny if { src 192.0.2.0/24 }`. */
  readonly rules: readonly string[]
  /** After so long a step has failed. */
  readonly timeouts: {
    /** Fetching the image. */
    readonly pull: Milliseconds
    /** From the start of a container until it answers. */
    readonly ready: Milliseconds
    /** One smoke test. */
    readonly request: Milliseconds
    /** How long the process before the last may take to finish its requests, if it still does. */
    readonly drain: Milliseconds
  }
}

export type EdgeOverride = (edge: Edge) => Edge

/** A domain, and the ports on 127.0.0.1 that serve it. */
export interface Domain {
  readonly environment: string
  readonly domain: string
  readonly ports: { readonly backend: number; readonly frontend: number }
}
