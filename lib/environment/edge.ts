import type { SettingsOf } from './environment.ts'
import type { edge } from './settings-schema.ts'

/** The TLS edge; what each setting means stands in settings-schema.ts. */
export type Edge = SettingsOf<typeof edge>

export type EdgeOverride = (edge: Edge) => Edge

/** A domain, and the ports on 127.0.0.1 that serve it. */
export interface Domain {
  readonly environment: string
  readonly domain: string
  readonly ports: { readonly backend: number; readonly frontend: number }
}
