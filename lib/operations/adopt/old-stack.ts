import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { listBackups } from '../../backup/list.ts'
import { Failure } from '../../base/failure.ts'
import { namesIn } from '../../base/files.ts'
import { groundOf, strangersIn } from '../../deploy/strangers/look.ts'
import type { Environment } from '../../environment/environment.ts'
import { readProject } from './compose-project.ts'
import { askDatabase } from './database-facts.ts'
import { addressIn, type Roles, rolesOf } from './roles.ts'
import type { Service } from './service.ts'
import { variablesOf } from './variables.ts'

/** All that is known of a stack that runs. */
export type OldStack = Awaited<ReturnType<typeof readOldStack>>

/**
 * Reads it, and changes nothing.
 * @param named services that a person has named
 * @throws Failure where it cannot be read, or has no one database that runs.
 */
export async function readOldStack(
  environment: Environment,
  from: string,
  named: Parameters<typeof rolesOf>[1],
) {
  const project = await readProject(from)
  const roles = rolesOf(project.services, named)
  const { container, name } = roles.database
  if (container.status !== 'running')
    throw new Failure({
      what: `the database ${name} is ${container.status}, so nobody can ask it what it holds`,
      fix: `docker start ${container.name}`,
    })
  const old = { ...environment, directory: project.directory, project: project.name }
  return {
    ...{ ...project, roles },
    database: await askDatabase(old, project.compose, roles.database, databaseName(roles)),
    given: variablesOf(environment, roles, project.dotenv),
    domains: domainsOf([roles.frontend, roles.backend, ...project.services]),
    backups: listBackups(old),
    /** What a first deploy would find in the environment's place. */
    strangers: existsSync(environment.directory) ? await strangersIn(groundOf(environment)) : [],
  }
}

/** The one in the backend's address; else the one that the image has made. */
function databaseName(roles: Roles): string {
  const { variables } = roles.database
  const url = addressIn(roles) ?? ''
  const path = URL.canParse(url) ? new URL(url).pathname.slice(1) : ''
  return path || variables['POSTGRES_DB'] || variables['POSTGRES_USER'] || 'postgres'
}

/** By Traefik's rules, certificates (certbot's `live/<name>`) and what is called a domain; the likeliest first. */
function domainsOf(services: readonly (Service | undefined)[]): string[] {
  const all = services.flatMap(one => [
    ...Object.values(one?.labels ?? {}).flatMap(label => label.match(/(?<=Host\(`)[^`]+/g) ?? []),
    ...(one?.mounts ?? []).flatMap(({ source }) => namesIn(join(source, 'live'), 'EACCES', 'ENOTDIR')),
    ...['DOMAIN', 'VIRTUAL_HOST', 'SERVER_NAME'].flatMap(name => one?.own[name] ?? []),
  ])
  return [...new Set(all)].filter(name => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(name))
}
