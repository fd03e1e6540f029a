import { sql } from '../database/database.ts'
import type { Project } from '../docker/project.ts'
import { catalogsQuery, contentQuery, type Found, parseContent, rowsQuery, schemaQuery } from './content.ts'
import type { Content } from './manifest.ts'

/** What a database of the server holds now. @param options.timeout in ms; `user` who reads it, its owner unless told */
export async function readContent(
  project: Project,
  database: string,
  hashed: boolean,
  options: { timeout: number; signal?: AbortSignal; user?: string },
): Promise<Found> {
  const ask = (query: string, user?: string): Promise<string> =>
    sql(project, `begin isolation level repeatable read, read only;\n${query}\ncommit;`, {
      ...options,
      ...(user !== undefined && { user }),
      database,
    })
  if (options.user !== undefined) return parseContent(await ask(contentQuery(hashed), options.user), hashed)
  const rows = await ask(rowsQuery(hashed), project.environment.database.user)
  return parseContent(`${rows}\n${await ask(catalogsQuery(hashed))}`, hashed)
}

/** What the schema's objects of a database are; no function in it is called. @param options.timeout in ms */
export async function readSchema(
  project: Project,
  database: string,
  options: { timeout: number; signal?: AbortSignal },
): Promise<Content['schema']> {
  const script = `begin isolation level repeatable read, read only;\n${schemaQuery}\ncommit;`
  return parseContent(await sql(project, script, { ...options, database }), true).content?.schema ?? {}
}
