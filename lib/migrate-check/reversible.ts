import type { Difference, Down, Step } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'
import { headline, placeOf, traceback } from './python-error.ts'

/** Down and up again must lead back to the same schema, and lose no row. */
export function* checkReversible(
  revisions: readonly Revision[],
  steps: readonly Step[],
  irreversible: ReadonlyMap<string, unknown>,
): Iterable<Finding> {
  for (const revision of revisions) {
    if (irreversible.has(revision.id)) continue
    const written = asWritten(revision)
    const step = steps.find(each => each.revision === revision.id)
    const down = step?.down
    if (written === 'noop') {
      if (!down || down.statements > 0 || leaves(down) || writes(step)) yield noop(revision, leaves(down))
    } else if (written) yield written
    // What fails with rows fails with those of the newer version, too: that is said already.
    else if (down && !(step.error && down.againError)) yield* checkDown(revision, down)
  }
}

/** Where a downgrade stands, or should. */
const inDowngrade = (id: string, level: Finding['level'], revision: Revision) =>
  about(id, level, revision, revision.file.functions?.['downgrade']?.line)

const write = 'write downgrade(), or name the revision with a reason in irreversible.txt'

/** What the text alone says: no downgrade, an empty one, or one that raises. */
function asWritten(revision: Revision): Finding | 'noop' | undefined {
  const { id, file } = revision
  const { upgrade, downgrade } = file.functions ?? {}
  if (!file.functions) return undefined
  if (!downgrade)
    return {
      ...inDowngrade('reversible.missing', 'error', revision),
      what: `${id} has no downgrade()`,
      why: 'A deploy that fails after it cannot roll the schema back by itself.',
      fix: write,
    }
  if (downgrade.body === 'raises')
    return {
      ...inDowngrade('reversible.refuses', 'error', revision),
      what: `the downgrade of ${id} only raises an error`,
      why: 'A deploy that fails after it cannot roll the schema back by itself: a person has to.',
      fix: write,
    }
  return downgrade.body === 'empty' && upgrade?.body === 'body' ? 'noop' : undefined
}

/** Whether the schema or a row is not what it was. */
const leaves = (down: Down | undefined): boolean =>
  !down || [...(down.different ?? []), ...(down.lost ?? [])].length > 0

/** Whether an upgrade did something, though none of our rows shows it. */
const writes = (step: Step | undefined): boolean =>
  (step?.statements ?? []).some(({ sql }) => /^\s*(insert|update|delete|truncate|alter|merge)\b/i.test(sql))

const noop = (revision: Revision, isSeen: boolean): Finding => ({
  ...inDowngrade('reversible.noop', isSeen ? 'error' : 'warning', revision),
  what: `the downgrade of ${revision.id} does nothing`,
  why: isSeen
    ? 'Alembic records the older revision while schema and rows stay those of the newer one; the next upgrade may fail.'
    : 'Its upgrade writes, and what it wrote stays after a rollback: the older version has to live with it.',
  fix: write,
})

function* checkDown(revision: Revision, down: Down): Iterable<Finding> {
  const { id, file } = revision
  const { error, againError, byRows } = down
  if (error)
    return yield {
      ...about(byRows ? 'data.downgrade-fails' : 'reversible.fails', 'error', revision),
      ...placeOf(error, file.file),
      what: `the downgrade of ${id} fails${byRows ? ' as soon as there are rows' : ''}: ${headline(error)}`,
      why: 'When the deploy has to roll the schema back, it cannot: a person has to fix production by hand.',
      fix: byRows
        ? 'let the downgrade convert or remove the rows that the older schema cannot hold'
        : 'fix the downgrade: try `alembic downgrade -1` and `alembic upgrade head`',
      detail: traceback(error),
    }
  if (againError)
    return yield {
      ...about('reversible.again-fails', 'error', revision),
      ...placeOf(againError, file.file),
      what: `${id} can be rolled back, but not applied again: ${headline(againError)}`,
      why: 'Its downgrade leaves something behind: after a rollback, the fixed version cannot be deployed.',
      fix: 'let the downgrade remove all that the upgrade makes: types and sequences as well as tables',
      detail: traceback(againError),
    }
  yield* schemaFindings(revision, down)
  yield* lostFindings(revision, down)
}

function* schemaFindings(revision: Revision, down: Down): Iterable<Finding> {
  const { id } = revision
  const { different = [], againDifferent = [], orders = [] } = down
  if (different.length > 0)
    yield {
      ...inDowngrade('reversible.different', 'error', revision),
      what: `the downgrade of ${id} does not restore the schema: ${firstOf(different)}`,
      why: 'After a rollback the schema is one that no version was ever tested with.',
      fix: 'let the downgrade undo exactly what the upgrade does',
      detail: compared(different, 'was', 'is'),
    }
  else if (againDifferent.length > 0)
    yield {
      ...inDowngrade('reversible.again-different', 'error', revision),
      what: `${id} makes another schema when it is applied a second time: ${firstOf(againDifferent)}`,
      why: 'After a rollback and a second deploy, production is not what was tested.',
      fix: 'make the upgrade independent of what an earlier one has left',
      detail: compared(againDifferent, 'first', 'then'),
    }
  if (orders.length > 0)
    yield {
      ...inDowngrade('reversible.column-order', 'note', revision),
      what: `after the downgrade of ${id} the columns of ${orders.join(', ')} stand in another order`,
      why: 'Only INSERT without column names and SELECT * by position notice.',
      fix: 'nothing, as long as nobody relies on the order',
    }
}

const firstOf = (all: readonly Difference[]): string =>
  all
    .slice(0, 4)
    .map(({ kind, name }) => `${kind} ${name}`)
    .join(', ')

const compared = (all: readonly Difference[], was: string, is: string): string =>
  all
    .map(
      ({ kind, name, before, after }) =>
        `${kind} ${name}: ${was} ${before ?? 'not there'}, ${is} ${after ?? 'gone'}`,
    )
    .join('\n')

const lostFindings = (revision: Revision, { lost = [] }: Down): Finding[] =>
  lost.map(({ table, rows, of, column }) => ({
    ...inDowngrade('data.lost', 'error', revision),
    what:
      column === undefined
        ? `${revision.id} up and down again loses ${rows} of ${of} rows of ${table}`
        : `${revision.id} up and down again changes what ${table}.${column} had before`,
    why: 'A rollback would lose what users have entered, without an error.',
    fix: 'keep what the upgrade overwrites or deletes (another column, another table) until a later release; or name it in irreversible.txt',
  }))
