import type { Drift, ModelTable, Step } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'
import type { LiveVersion } from './live-version.ts'
import { environmentFile } from './python-error.ts'

interface Around {
  readonly revisions: readonly Revision[]
  readonly steps: readonly Step[]
  readonly models: readonly ModelTable[]
}

/**
 * Models against the schema that the history makes, table by table, each where it is declared.
 * @param live says where the version before the change had a table that no model has any more
 */
export async function checkDrift(
  drift: Drift,
  around: Around,
  live: LiveVersion | undefined,
): Promise<Finding[]> {
  if (!drift.models)
    return [
      {
        ...about('drift.no-models', 'warning', environmentFile),
        what: 'env.py gives Alembic no target_metadata',
        why: 'Nobody can tell whether the models and the schema agree, and autogenerate does not work.',
        fix: "import the models' Base in env.py, and pass target_metadata=Base.metadata to context.configure()",
      },
    ]
  const forgotten = notImported(drift, around.models)
  const importers = [environmentFile, ...(drift.modules ?? []).filter(file => file.endsWith('__init__.py'))]
  const found: Finding[] = forgotten.map(({ table, file, line }) => ({
    ...about('drift.not-imported', 'error', file, line),
    also: importers,
    what: `env.py does not import the model of the table ${table}`,
    why: 'Autogenerate takes the table for unwanted and writes a migration that drops it.',
    fix: `import ${file.replace(/\.py$/, '').replaceAll('/', '.')} where env.py imports the other models`,
  }))
  const names = new Set(forgotten.map(({ table }) => table))
  const differences = (drift.differences ?? []).filter(({ table }) => !names.has(bare(table)))
  for (const table of new Set(differences.map(each => each.table))) {
    const own = differences.filter(each => each.table === table).map(wordsFor)
    const { also, ...place } = placeOfTable(table, around)
    const isModelled = around.models.some(each => each.table === bare(table))
    const before = isModelled || !live ? [] : await live(table)
    found.push({
      ...{ id: 'drift.schema', level: 'error', ...place },
      also: [...also, ...(drift.sources?.[table] ?? []), ...before.map(use => use.replace(/:\d+$/, ''))],
      what: `the models and the migrated schema differ: ${own.slice(0, 3).join('; ')}${own.length > 3 ? '; …' : ''}`,
      why: 'The code expects what the database does not have: it fails at the first query that needs it.',
      fix: 'alembic revision --autogenerate -m "…", read what it wrote, and commit it',
      detail: own.join('\n'),
    })
  }
  return [...found, ...(drift.enums ?? []).map(each => enumFinding(each, drift, around))]
}

/** Models that are in a file of the backend and in no metadata. */
function notImported(drift: Drift, declared: readonly ModelTable[]): ModelTable[] {
  const known = new Set((drift.tables ?? []).map(bare))
  const loaded = new Set(drift.modules ?? [])
  const migrated = new Set(
    (drift.differences ?? []).filter(({ kind }) => kind === 'remove_table').map(({ table }) => bare(table)),
  )
  return declared.filter(
    ({ table, file }) =>
      !known.has(table) && !loaded.has(file) && (migrated.has(table) || !/(^|\/)tests?\//.test(file)),
  )
}

const verbs: Readonly<Record<string, string>> = {
  add_table: 'the models have the table',
  remove_table: 'no model has the table',
  add_column: 'the models have, in',
  remove_column: 'no model has, in',
  add_index: 'the models have the index, in',
  remove_index: 'no model has the index, in',
  add_constraint: 'the models have the constraint, in',
  remove_constraint: 'no model has the constraint, in',
  add_fk: 'the models have the foreign key, in',
  remove_fk: 'no model has the foreign key, in',
}

const wordsFor = ({ kind, table, what }: { kind: string; table: string; what: string }): string =>
  `${verbs[kind] ?? 'in'} ${table}${what === '' ? '' : `: ${what}`}`

function enumFinding(
  { type, table, column, models, database }: NonNullable<Drift['enums']>[number],
  { sources }: Drift,
  around: Around,
): Finding {
  const lower = (labels: readonly string[]): string =>
    labels
      .map(label => label.toLowerCase())
      .sort()
      .join()
  const { also, ...place } = placeOfTable(table, around)
  const isCase = lower(models) === lower(database)
  return {
    ...{ id: isCase ? 'drift.enum-case' : 'drift.enum-values', level: 'error', ...place },
    also: [...also, ...(sources?.[table] ?? [])],
    what: isCase
      ? `the enum ${type} is written ${models.join(', ')} in the models and ${database.join(', ')} in the database`
      : `the enum ${type} has ${models.join(', ')} in the models and ${database.join(', ')} in the database`,
    why: `Every row of ${table} that the code writes or reads with such a ${column} fails: PostgreSQL compares enum values exactly, and Alembic does not.`,
    fix: isCase
      ? 'let both say the same: SQLAlchemy uses the names of a Python enum unless values_callable says otherwise'
      : `add what is missing: op.execute("ALTER TYPE ${type} ADD VALUE '…'")`,
  }
}

/** The name of a table without its schema. */
const bare = (table: string): string => table.split('.').at(-1) ?? table

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
