import type { Revision } from '../database.ts'

/** Alembic's table as pg_dump writes it, in whatever schema: `public.`, `"my shop".`, in quotes or not. */
const table = String.raw`("([^"]|"")*"\.|[^ "]*\.)?"?alembic_version"? `

/** Lines with which Alembic's revisions begin, as an extended regular expression of grep's. */
export const revisionLines = `^COPY ${table}|^INSERT INTO ${table}`

/**
 * The schema's revision in a dump, several heads joined by commas, or null where there is none.
 * @param lines of the dump, with those after the ones that {@link revisionLines} finds
 */
export function revisionIn(lines: readonly string[]): Revision {
  const found: string[] = []
  const begins = new RegExp(revisionLines)
  for (const [index, line] of lines.entries()) {
    if (!begins.test(line)) continue
    const rest = lines.slice(index)
    const isCopy = line.startsWith('COPY ')
    const end = isCopy ? rest.indexOf('\\.') : rest.findIndex(text => text.endsWith(';'))
    const whole = rest.slice(0, end === -1 ? undefined : end + (isCopy ? 0 : 1))
    if (isCopy) found.push(...whole.slice(1))
    else
      found.push(
        ...[
          ...whole
            .join('\n')
            .replace(/^.*?VALUES/s, '')
            .matchAll(/'([^']*)'/g),
        ].map(([, id = '']) => id),
      )
  }
  return [...new Set(found)].sort().join(',') || null
}
