import type { GenericSchema, InferOutput } from 'valibot'
import type * as schema from './settings-schema.ts'

/** The two sets of containers that take turns in serving users. */
export type Colour = 'blue' | 'green'
export const colours = ['blue', 'green'] as const
export const otherColour = (colour: Colour): Colour => (colour === 'blue' ? 'green' : 'blue')

/** What a release consists of: each has one image and one container in each colour. */
export type Part = 'backend' | 'frontend'
export const parts = ['backend', 'frontend'] as const

/** Settings as their file has them; nobody changes them. */
type SettingsOf<Schema extends GenericSchema> = Fixed<InferOutput<Schema>>
type Fixed<T> = T extends object ? { readonly [K in keyof T]: Fixed<T[K]> } : T

export type SmokeTest = SettingsOf<typeof schema.smokeTest>
export type Secret = SettingsOf<typeof schema.secret>
/** Everything that differs between environments; what each setting means stands in settings-schema.ts. */
export type Environment = SettingsOf<typeof schema.environment>

/** What the lock, the log and the commands of a run need to know of where it works. */
export type Place = Pick<Environment, 'name' | 'directory' | 'project'>

/** The TLS edge; what each setting means stands in settings-schema.ts. */
export type Edge = SettingsOf<typeof schema.edge>

export type EdgeOverride = (edge: Edge) => Edge

/** A domain, and the ports on 127.0.0.1 that serve it. */
export interface Domain {
  readonly environment: string
  readonly domain: string
  readonly ports: { readonly backend: number; readonly frontend: number }
}
