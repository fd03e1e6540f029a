import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Content } from './manifest.ts'

const query = readFileSync(join(import.meta.dirname, 'content.sql'), 'utf8')

/** How many rows each table has and, where it was asked for, what the database holds. */
export interface Found {
  readonly rows: Readonly<Record<string, number>>
  readonly content: Content | undefined
}

/** How many rows all tables have together. */
export const totalOf = (rows: Found['rows']): number =>
  Object.values(rows).reduce((sum, count) => sum + count, 0)

const [settings = '', sequences = '', tables = '', catalogs = ''] = query.split(
  /^(?=-- Sequences first|-- The sum of|-- From here on)/m,
)
const parts = (hashed: boolean, ...wanted: readonly string[]): string =>
  `\\set hashed ${hashed ? 'on' : 'off'}\n${[settings, ...wanted].join('')}`

/** psql commands that print what a database holds, inside a transaction that has begun. */
export const contentQuery = (hashed: boolean): string => parts(hashed, sequences, tables, catalogs)

/**
 * The part of it that reads what is the application's, for whoever has no more rights than it: to plan how a table is
 * read, PostgreSQL calls functions that its owner has put into indexes and statistics, with the rights of whoever reads.
 * What he may not read is left out.
 */
export const rowsQuery = (hashed: boolean): string => parts(hashed, sequences, tables)

/** Of that, where the sequences stand. */
export const sequencesQuery = parts(false, sequences)

/** The rest: what PostgreSQL itself keeps, which calls nothing. */
export const catalogsQuery = (hashed: boolean): string => parts(hashed, catalogs)

/** The part of it that prints what the schema's objects are, by itself: it reads PostgreSQL's catalogs alone. */
export const schemaQuery = `set local search_path = '';\n${query.slice(query.indexOf('-- Names and properties'), query.lastIndexOf('\\endif'))}`

/** Reads what {@link contentQuery} printed; sequences asked for twice have moved from the one to the other. */
export function parseContent(output: string, hashed: boolean): Found {
  const rows: Record<string, number> = {}
  const tables: Record<string, string> = {}
  const sequences: Record<string, readonly [string, string]> = {}
  const schema: Record<string, string> = {}
  for (const line of output.split('\n').filter(text => text.startsWith('{'))) {
    const said = JSON.parse(line) as Record<string, string> // a line of content.sql
    const { table, sequence, at = '', hash = '' } = said
    if (table !== undefined) {
      rows[table] = Number(said['rows'])
      tables[table] = hash
    } else if (sequence !== undefined) sequences[sequence] = [sequences[sequence]?.[0] ?? at, at]
    else if (said['schema'] !== undefined) schema[said['schema']] = hash
  }
  return { rows, content: hashed ? { tables, sequences, schema } : undefined }
}

/**
 * How a restored database differs from what was dumped, a line each; nothing where it does not.
 * Where the dump was not hashed, the rows are compared by their number. So are the schema's objects between two major
 * versions of PostgreSQL, each of which puts the same definition in its own words.
 */
export function differences(dumped: Found, restored: Found, { sameMajor = true } = {}): string[] {
  const lines: string[] = []
  for (const name of union(dumped.rows, restored.rows)) {
    const [then, now] = [dumped.rows[name], restored.rows[name]]
    if (then === undefined) continue // the owner of the database may not read it, and so it was not counted
    if (now === undefined) lines.push(`${name} was not restored`)
    else if (then !== now) lines.push(`${name} has ${now} rows instead of ${then}`)
    else if (dumped.content && dumped.content.tables[name] !== restored.content?.tables[name])
      lines.push(`${name} has as many rows, but not the same`)
  }
  if (!dumped.content || !restored.content) return lines
  for (const name of union(dumped.content.sequences, restored.content.sequences)) {
    const [then, now] = [dumped.content.sequences[name], restored.content.sequences[name]?.[0]]
    if (!then) continue
    if (now === undefined) lines.push(`sequence ${name} was not restored`)
    else if (!isBetween(BigInt(now), then.map(BigInt)))
      lines.push(`sequence ${name} stands at ${now} instead of ${then[0]}`)
  }
  for (const kind of union(dumped.content.schema, restored.content.schema)) {
    const [then, now] = [dumped.content.schema[kind], restored.content.schema[kind]]
    const isSame = sameMajor ? then === now : countIn(then) === countIn(now)
    if (!isSame) lines.push(`${kind}: ${countIn(then)} dumped, ${countIn(now)} restored, not the same`)
  }
  return lines
}

/** The names in either of two, in order. */
export const union = (a: object, b: object): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
const isBetween = (value: bigint, ends: readonly bigint[]): boolean =>
  !(ends.every(end => value < end) || ends.every(end => value > end))
const countIn = (hash: string | undefined): string => hash?.split(' ')[0] ?? '0'
