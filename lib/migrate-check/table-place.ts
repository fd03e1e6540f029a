import type { ModelTable, Step } from './facts.ts'
import type { Revision } from './history.ts'
import { environmentFile } from './python-error.ts'

export interface Around {
  readonly revisions: readonly Revision[]
  readonly steps: readonly Step[]
  readonly models: readonly ModelTable[]
}

/** The name of a table without its schema. */
export const bare = (table: string): string => table.split('.').at(-1) ?? table

/**
 * Where a table is declared: its model; else the statement that last touched it; else env.py, which alone knows which
 * models there are. The migrations of this run that touched it have to do with it as well.
 */
export function placeOfTable(table: string, { revisions, steps, models }: Around) {
  const touching = steps.flatMap(({ revision, statements }) => {
    const statement = statements.find(({ sql, locks }) => {
      const locked = locks.some(([name]) => bare(name) === bare(table))
      return locked && (/^\s*(create|alter|drop)\b/i.test(sql) || sql.includes(bare(table)))
    })
    const file = revisions.find(({ id }) => id === revision)?.file.file
    return statement && file !== undefined ? [{ file, line: statement.line }] : []
  })
  const model = models.find(each => each.table === bare(table))
  const place = model ?? touching.at(-1) ?? { file: environmentFile, line: 1 }
  return { file: place.file, line: place.line, also: touching.map(({ file }) => file) }
}
