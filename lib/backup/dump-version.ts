import { Failure } from '../base/failure.ts'
import { maintenance, sql } from '../database/database.ts'
import type { Project } from '../docker/project.ts'
import type { Restoring } from './container.ts'
import type { Manifest } from './manifest.ts'
import type { Statements } from './statements.ts'

/**
 * What a backup was made by and what it is to be restored by, `18.1` and `17.6`, where the dump's is a newer major one:
 * the server does not know all that is in it.
 */
export async function newerThanServer({ project }: Restoring, { pgDump: dump }: Statements) {
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

/** The first minor version of each major one whose psql has \restrict (release notes of 2025-08-14, CVE-2025-8714). */
const restricts: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 }

/** @param version what `psql --version` prints */
export function hasRestrict(version: string): boolean {
  const [, major = 0, minor = 0] = /\(PostgreSQL\) (\d+)\.?(\d+)?/.exec(version)?.map(Number) ?? []
  return major > 17 || minor >= (restricts[major] ?? Number.POSITIVE_INFINITY)
}

/** Why nothing can be restored here: psql cannot be told to obey no command that stands in a backup. */
export async function lacksRestrict({ environment, project }: Restoring): Promise<Failure | undefined> {
  const { ok, stdout } = await project.exec('db', ['psql', '--version'])
  if (!ok || hasRestrict(stdout)) return undefined // where it does not start, nothing is restored anyhow
  return new Failure({
    what: `nothing is restored with ${stdout.trim()}: commands that somebody has put into a backup would run`,
    detail: 'psql can be told to obey none since PostgreSQL 17.6, 16.10, 15.14, 14.19 and 13.22',
    fix: `set images.database in environments/${environment.name}.ts to such a minor version, deploy with --restart-services, and try again`,
  })
}
