import { maintenance, sql } from '../database/database.ts'
import type { Project } from '../docker/project.ts'
import type { Site } from '../proxy/site.ts'
import { inDatabase, inside } from './container.ts'
import { unpack } from './format.ts'
import type { Examined } from './inspect.ts'
import type { Manifest } from './manifest.ts'

/** What a backup was made by, and what it is to be restored by: `18.1` and `17.6`. */
interface Versions {
  readonly dump: string
  readonly server: string
}

/** The versions, where the dump's is a newer major one: the server does not know all that is in it. */
export async function newerThanServer(
  { project, run }: Site,
  { format, name }: Examined,
): Promise<Versions | undefined> {
  const read = format === 'custom' ? 'pg_restore --list' : unpack[format]
  const command = ['sh', '-c', `${read} "$1" | head -c 4096`, 'sh', inside(name)]
  const { stdout } = await inDatabase(project, command, { signal: run.signal })
  const dump = /Dumped by pg_dump version:? (\d[\d.]*)/.exec(stdout)?.[1]
  const server = await serverVersion(project)
  return dump !== undefined && majorOf(dump) > majorOf(server) ? { dump, server } : undefined
}

/** `17.5`, without the distribution's words; asked of a database that is there when the live one is gone. */
const serverVersion = (project: Project): Promise<string> =>
  sql(project, "select split_part(current_setting('server_version'), ' ', 1)", { database: maintenance })

/** Whether the server is of the major version that the backup was made by. */
export const isOfServersMajor = async (project: Project, { postgres }: Manifest): Promise<boolean> =>
  majorOf(postgres) === majorOf(await serverVersion(project))

/** PostgreSQL's documentation, "Versioning Policy": since 10, the first number. */
const majorOf = (version: string): number => Number.parseInt(version, 10)
