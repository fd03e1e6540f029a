import { readdirSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'dotenv'
import { readIfThere } from '../../base/files.ts'
import { clusterIn, clusterInVolume } from '../../database/cluster-files.ts'
import { servicesOf } from '../../docker/project.ts'
import { readSurroundings } from '../../docker/surroundings.ts'
import { shippedComposeFile } from '../../environment/directory.ts'
import { colours, type Environment, type Place } from '../../environment/environment.ts'
import { foreignAmong, isComposeFile } from '../../environment/own-files.ts'
import { type Stranger, strangersAmong } from './judge.ts'

/** A place, and what the compose file that the toolkit ships there has. */
export interface Ground extends Place {
  /** That file's text. */
  readonly shipped: string
  readonly suffix?: string
  /** The services' names. */
  readonly services: readonly string[]
  readonly networks: readonly string[]
  /** Its database's volume in that file. */
  readonly volume?: string
}

export const groundOf = (environment: Environment): Ground => ({
  ...environment,
  shipped: shippedComposeFile(),
  services: ['db', 'proxy', ...colours.flatMap(servicesOf)],
  networks: colours,
  volume: 'db-data',
})

/** What is in a place, or has one of its names, and is not the toolkit's. Nothing on an engine that does not answer. */
export async function strangersIn(ground: Ground): Promise<Stranger[]> {
  const around = (await readSurroundings()) ?? { containers: [], volumes: [], networks: [] }
  return strangersAmong(claimsOf(ground), seenIn(ground), around, ({ path }) => clusterInVolume(path))
}

/** What a place takes for its own. */
export type Claims = Readonly<ReturnType<typeof claimsOf>>

function claimsOf({ directory, project, shipped, suffix = '', services, networks, volume }: Ground) {
  const names = [...shipped.matchAll(/^ +container_name: (\S+)$/gm)].map(([, name = '']) => name)
  return {
    /** The services and networks are those of its compose file. */
    ...{ project, services, networks },
    /** Every path that leads to its directory. */
    directories: [directory, realpathSync(directory)],
    /** The names that its containers get. */
    containers: names.map(name => name.replace(`\${SUFFIX}`, suffix)),
    /** The volume of its database; undefined where it has none. */
    volume: volume && `${project}_${volume}`,
  }
}

/** Directories whose names are the toolkit's or the application's: no server's files are in them. */
const known =
  /^(backups|uploads|logs|proxy|edge|ssl|acme|scripts|lib|environments|node_modules|\.toolkit|\.git)$/

/** What was found in its directory. */
export type Seen = Readonly<ReturnType<typeof seenIn>>

function seenIn({ directory }: Ground) {
  const entries = readdirSync(directory, { withFileTypes: true })
  const names = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  const composeFiles = names.filter(isComposeFile)
  const state = readIfThere(join(directory, '.env'))
  const files = foreignAmong(directory, ['.env', ...composeFiles])
  const named = composeFiles.map(name =>
    /^name: *["']?([\w-]+)/m.exec(readIfThere(join(directory, name)) ?? ''),
  )
  return {
    /** Files that the toolkit did not write. */
    files,
    /** Whether `.env` is the toolkit's: a deploy of ours has begun here. */
    isBegun: state !== undefined && !files.includes('.env'),
    /** The compose projects that may have been run in it. */
    projects: [
      // As Compose makes a project's name of a directory's.
      ...[directory, realpathSync(directory)].map(path => nameFor(basename(path))),
      ...named.flatMap(match => match?.[1] ?? []),
      ...(parse(state ?? '')['COMPOSE_PROJECT_NAME'] ?? '').split(' '),
    ].filter(name => name !== ''),
    /** The directories in it that hold a database, and what of that is known. */
    databases: entries
      .filter(entry => entry.isDirectory() && !known.test(entry.name))
      .flatMap(({ name }) => {
        const about = clusterIn(join(directory, name), 1)
        return about === undefined ? [] : [[name, about] as const]
      }),
  }
}

const nameFor = (directory: string): string => directory.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '')
