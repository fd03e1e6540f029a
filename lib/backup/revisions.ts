import type { Revision } from '../database/database.ts'
import type { Environment } from '../environment/environment.ts'

/** A name of a table as pg_dump writes it, in whatever schema: `public.x`, `"my shop".x`, in quotes or not. */
const name = String.raw`(("([^"]|"")*"|[^ ".]*)\.)?("([^"]|"")*"|[^ ".]*)`
const usual = String.raw`("([^"]|"")*"\.|[^ "]*\.)?"?alembic_version"? `
const column = String.raw`\("?version_num"?\)`

/**
 * Lines with which Alembic's revisions begin, as an extended regular expression of grep's. env.py may call the table
 * as it likes: its only column is version_num all the same. Where a dump does not name columns, the name must do.
 */
export const revisionLines = `^COPY ${name} ${column} FROM |^INSERT INTO ${name} ${column} VALUES|^INSERT INTO ${usual}`

/**
 * The schema's revision in a dump, several heads joined by commas, or null where there is none. Of several tables that
 * may have it, the one that the settings name counts, then Alembic's usual one in `public`, then such a one elsewhere.
 * @param lines of the dump, with those after the ones that {@link revisionLines} finds
 */
export function revisionIn(
  lines: readonly string[],
  { versionTable }: Partial<Environment['database']> = {},
): Revision {
  const found = new Map<string, string[]>()
  const begins = new RegExp(revisionLines)
  for (const [index, line] of lines.entries()) {
    if (!begins.test(line)) continue
    const table = plain(new RegExp(`^(?:COPY|INSERT INTO) (${name})`).exec(line)?.[1] ?? '')
    found.set(table, [...(found.get(table) ?? []), ...revisionsAt(lines.slice(index))])
  }
  const likeliest = [
    (table: string) => versionTable !== undefined && table === plain(versionTable),
    (table: string) => table === 'public.alembic_version' || table === 'alembic_version',
    (table: string) => table.endsWith('.alembic_version'),
    () => true,
  ]
  const tables = [...found.keys()]
  const table = likeliest.flatMap(is => tables.filter(is))[0] ?? ''
  return [...new Set(found.get(table))].sort().join(',') || null
}

/** A table's name without the quotes that SQL may want. */
const plain = (table: string): string =>
  table.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"')).trim()

/** The revisions of the statement that these lines begin with. */
function revisionsAt(lines: readonly string[]): string[] {
  const isCopy = lines[0]?.startsWith('COPY ')
  const end = isCopy ? lines.indexOf('\\.') : lines.findIndex(text => text.endsWith(';'))
  if (isCopy) return lines.slice(1, end === -1 ? undefined : end)
  const whole = lines.slice(0, end === -1 ? undefined : end + 1).join('\n')
  return [...whole.replace(/^.*?VALUES/s, '').matchAll(/'([^']*)'/g)].map(([, id = '']) => id)
}

/** Lines of a schema in which Alembic's tables are, with the line before and the one after each. */
export const versionColumn = '^    "?version_num"? character varying'

/** Alembic's tables in what {@link versionColumn} finds, each as its schema and its name. */
export function versionTablesIn(text: string): { readonly schema: string; readonly table: string }[] {
  const created = new RegExp(`^CREATE TABLE (${name}) \\(\n    "?version_num"? [^\n,]*\n\\);`, 'gm')
  return [...text.matchAll(created)].map(([, whole = '']) => {
    const [, schema = '', table = ''] =
      /^(?:("(?:[^"]|"")*"|[^ ".]*)\.)?("(?:[^"]|"")*"|[^ ".]*)$/.exec(whole) ?? []
    return { schema: plain(schema), table: plain(table) }
  })
}
