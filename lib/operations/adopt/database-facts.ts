import * as v from 'valibot'
import { Failure, problemOf } from '../../base/failure.ts'
import { revisionsByTable, sql } from '../../database/database.ts'
import { remember } from '../../database/superuser.ts'
import type { Compose } from '../../docker/compose.ts'
import { Project } from '../../docker/project.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Service } from './service.ts'

const answer = v.object({
  /** `15.8` */
  version: v.string(),
  owner: v.string(),
  isSuperuser: v.boolean(),
  bytes: v.number(),
  extensions: v.array(v.string()),
  /** The server's other databases. */
  others: v.array(v.string()),
})

const question = `select json_build_object('version', split_part(current_setting('server_version'), ' ', 1),
  'owner', rolname, 'isSuperuser', rolsuper, 'bytes', pg_database_size(d.oid),
  'extensions', array(select extname || ' ' || extversion from pg_extension where extname <> 'plpgsql' order by 1),
  'others', array(select datname from pg_database where not datistemplate and datname not in ('postgres', d.datname) order by 1))
from pg_database d join pg_roles r on r.oid = datdba where datname = current_database()`

/** What the server says of a database, and Alembic's revisions in it, by their tables. */
export type DatabaseFacts = Awaited<ReturnType<typeof askDatabase>>

/**
 * Asks the running server over the socket inside its container, as the role that its image made.
 * @throws Failure where it does not answer.
 */
export async function askDatabase(
  environment: Environment,
  compose: Compose,
  { container, variables }: Service,
  name: string,
) {
  const user = variables['POSTGRES_USER'] || 'postgres'
  const project = new Project({ ...environment, database: { name, user } }, compose, container.id)
  remember(project, user)
  try {
    const facts = v.parse(v.pipe(v.string(), v.parseJson(), answer), await sql(project, question))
    return { ...facts, name, revisions: await revisionsByTable(project) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure({ ...problemOf(error), fix: `docker logs --tail 50 ${container.name}` })
  }
}
