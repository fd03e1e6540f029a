import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { readIfThere, writeAtomically, writeOnWayBack } from '../base/files.ts'
import { registerSecret } from '../base/redact.ts'
import { formatEnvFile, withValues } from './env-file.ts'
import { type Colour, colours, type Environment, type Part, type Place, parts } from './environment.ts'
import { type Images, isPinned } from './releases.ts'
import { type Secrets, serviceVariables } from './secrets.ts'

const shipped = join(import.meta.dirname, '..', '..', 'environments')

export const shippedComposeFile = (): string => readFileSync(join(shipped, 'docker-compose.yml'), 'utf8')

/** The files of the toolkit in an environment's directory that others may have had there before. */
export const ownFiles = [
  ...['docker-compose.yml', '.env', '.env.backend', '.env.db'],
  ...['proxy/haproxy.cfg', 'proxy/503.http', 'proxy/live.map'],
]

/** What a run needs before it has begun. */
export function makeLogs({ directory }: Place): void {
  mkdirSync(join(directory, 'logs', 'runs'), { recursive: true, mode: 0o700 })
}

/** The environment's directory as `tracehub-devops.md` has it, with what the toolkit adds. */
export function makeDirectories(environment: Environment): void {
  const inside = (...path: string[]): string => join(environment.directory, ...path)
  makeLogs(environment)
  mkdirSync(inside('backups'), { recursive: true, mode: 0o700 })
  for (const name of ['uploads', 'proxy']) mkdirSync(inside(name), { recursive: true })
  mkdirSync(inside('proxy', 'run'), { recursive: true })
  chmodSync(inside('proxy'), 0o755) // whatever the umask: the proxy reads in it
  chmodSync(inside('proxy', 'run'), 0o700) // the proxy's sockets: whoever reaches them can move users
  if (process.getuid?.() === 0) chownSync(inside('proxy', 'run'), proxyUser.uid, proxyUser.gid)
}

/** As whom the proxy runs: as whoever runs the toolkit, and for root as the user of HAProxy's own image. */
const proxyUser = process.getuid?.()
  ? { uid: process.getuid(), gid: process.getgid?.() ?? 99 }
  : { uid: 99, gid: 99 }

/** A file of the environment's directory that was written, and what stood in it before. */
export interface ChangedFile {
  readonly name: string
  readonly mode: number
  readonly before: string | undefined
  /** When it was last changed before, in ms since 1970. */
  readonly changedAt: number
}

/**
 * Writes the files that compose and the proxy read, and what each service is given of the secrets (readable for
 * the owner alone). @returns those that changed.
 */
export function shipFiles(environment: Environment, secrets: Secrets): ChangedFile[] {
  return shippedFiles(environment, secrets).flatMap(({ name, mode, text }) => {
    const file = join(environment.directory, name)
    const before = readIfThere(file)
    if (before === text) {
      chmodSync(file, mode) // a person may have opened it to others
      return []
    }
    const changedAt = before === undefined ? 0 : statSync(file).mtimeMs
    writeAtomically(file, text, mode)
    return [{ name, mode, before, changedAt }]
  })
}

/** Writes those of the files that are missing; what is there may be what the live version was started with. */
export function shipMissingFiles(environment: Environment, secrets: Secrets): string[] {
  const missing = shippedFiles(environment, secrets).filter(
    ({ name }) => !existsSync(join(environment.directory, name)),
  )
  for (const { name, mode, text } of missing) writeAtomically(join(environment.directory, name), text, mode)
  return missing.map(({ name }) => name)
}

function shippedFiles(environment: Environment, secrets: Secrets) {
  const settings = ['docker-compose.yml', 'proxy/haproxy.cfg', 'proxy/503.http'].map(name => ({
    name,
    mode: 0o644,
    text: readFileSync(join(shipped, name), 'utf8'),
  }))
  const comment = `Made from .env.${environment.name} at every deploy: change that file, not this one.`
  const variables = serviceVariables(environment, secrets)
  const given = { ...variables, db: { ...variables.db, ...initialPassword(environment) } }
  const services = Object.entries(given).map(([service, values]) => ({
    name: `.env.${service}`,
    mode: 0o600,
    text: formatEnvFile(comment, values),
  }))
  return [...settings, ...services]
}

/**
 * PostgreSQL reads its password when it sets up an empty directory, and never again. The file keeps that one: were it
 * to follow a change, a plain `docker compose up -d` would recreate the database under its users, for nothing.
 */
function initialPassword(environment: Environment): Record<string, string> {
  const name = environment.secrets['DB_PASSWORD']?.as ?? 'DB_PASSWORD'
  const password = parse(readIfThere(databaseFile(environment)) ?? '')[name]
  if (password !== undefined) registerSecret(password)
  return password === undefined ? {} : { [name]: password }
}

/** The database's container is about to be made anew: it gets the password of now. */
export function renewDatabaseFile(environment: Environment, secrets: Secrets): void {
  const { as: name = 'DB_PASSWORD' } = environment.secrets['DB_PASSWORD'] ?? {}
  const text = readIfThere(databaseFile(environment))
  const password = secrets['DB_PASSWORD']
  if (text !== undefined && password !== undefined)
    writeAtomically(databaseFile(environment), withValues(text, { [name]: password }), 0o600)
}

const databaseFile = (environment: Environment): string => join(environment.directory, '.env.db')

export function restoreFiles(environment: Place, files: readonly ChangedFile[]): void {
  for (const { name, mode, before, changedAt } of files) {
    if (before === undefined) continue
    const file = join(environment.directory, name)
    writeOnWayBack(file, before, mode)
    utimesSync(file, changedAt / 1000, changedAt / 1000) // it tells whether the proxy has read it
  }
}

/** The image of a service that stays: the settings' tag, and what it was resolved to when the service was started. */
export interface LastingImage {
  readonly tag: string
  readonly image: string
}

/** What `.env` says beyond the settings: which colour a plain `docker compose up -d` starts, and the images. */
export interface ComposeState {
  readonly live: Colour | null
  readonly images: Readonly<Record<Colour, Images | undefined>>
  readonly database: LastingImage
  readonly proxy: LastingImage
}

const imageVariable = (part: Part, colour: Colour): string => `${part}_${colour}_IMAGE`.toUpperCase()
const composeFile = (environment: Environment): string => join(environment.directory, '.env')

export function writeComposeState(
  environment: Environment,
  state: ComposeState,
  write: typeof writeAtomically = writeAtomically,
): void {
  const comment =
    'Written by the toolkit: what plain `docker compose` in this directory needs. No secrets here.'
  const text = formatEnvFile(comment, composeVariables(environment, state))
  write(composeFile(environment), text, 0o600)
}

function composeVariables(environment: Environment, state: ComposeState): Record<string, string> {
  const variables: Record<string, string> = {
    COMPOSE_PROJECT_NAME: environment.project,
    COMPOSE_PROFILES: state.live ?? 'none',
    SUFFIX: environment.suffix,
    DB_NAME: environment.database.name,
    DB_USER: environment.database.user,
    DB_PORT: String(environment.ports.database),
    BACKEND_PORT: String(environment.ports.backend),
    FRONTEND_PORT: String(environment.ports.frontend),
    PROXY_USER: `${proxyUser.uid}:${proxyUser.gid}`,
    DB_TAG: state.database.tag,
    DB_IMAGE: state.database.image,
    PROXY_TAG: state.proxy.tag,
    PROXY_IMAGE: state.proxy.image,
  }
  // Compose wants an image for every service, also for a colour that has never been used.
  for (const colour of colours)
    for (const part of parts) variables[imageVariable(part, colour)] = state.images[colour]?.[part] ?? 'none'
  return variables
}

/** What `.env` says now; undefined before the first deploy, and where it is damaged: half of it would mislead Compose. */
export function readComposeState(environment: Environment): ComposeState | undefined {
  const text = readIfThere(composeFile(environment))
  if (text === undefined) return undefined
  const values = parse(text)
  const imagesOf = (colour: Colour): Images | undefined => {
    const images = Object.fromEntries(
      parts.map(part => [part, values[imageVariable(part, colour)] ?? 'none']),
    )
    return Object.values(images).includes('none') ? undefined : (images as Images) // written from Images above
  }
  const state = {
    live: colours.find(colour => colour === values['COMPOSE_PROFILES']) ?? null,
    images: { blue: imagesOf('blue'), green: imagesOf('green') },
    database: { tag: values['DB_TAG'] ?? '', image: values['DB_IMAGE'] ?? '' },
    proxy: { tag: values['PROXY_TAG'] ?? '', image: values['PROXY_IMAGE'] ?? '' },
  }
  const complete = Object.keys(composeVariables(environment, state)).every(name => values[name] !== undefined)
  const images = Object.entries(values).flatMap(([name, value]) => (name.endsWith('_IMAGE') ? [value] : []))
  return complete && images.every(image => image === 'none' || isPinned(image)) ? state : undefined
}
