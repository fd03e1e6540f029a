import type { Down, Step } from './facts.ts'
import type { Finding } from './finding.ts'
import type { Revision } from './history.ts'
import { headline, placeOf, traceback } from './python-error.ts'

/** Down and up again must lead back to the same schema, and lose no row. */
export function checkReversible(
  revisions: readonly Revision[],
  steps: readonly Step[],
  irreversible: ReadonlyMap<string, unknown>,
): Finding[] {
  return revisions.flatMap(revision => {
    if (irreversible.has(revision.id)) return []
    const written = asWritten(revision)
    const step = steps.find(each => each.revision === revision.id)
    const down = step?.down
    if (written === 'noop')
      return !down || down.statements > 0 || leaves(down) || writes(step)
        ? [noop(revision, leaves(down))]
        : []
    if (written) return [written]
    // What fails with rows fails with those of the newer version, too: that is said already.
    return down && !(step.error && down.againError) ? checkDown(revision, down) : []
  })
}

/** What the text alone says: no downgrade, an empty one, or one that raises. */
function asWritten({ id, file }: Revision): Finding | 'noop' | undefined {
  const { upgrade, downgrade } = file.functions ?? {}
  const about = { level: 'error', file: file.file, line: downgrade?.line ?? 1, revision: id } as const
  if (!file.functions) return undefined
  if (!downgrade)
    return {
      ...about,
      id: 'reversible.missing',
      what: `${id} has no downgrade()`,
      why: 'A deploy that fails after it cannot take the schema back by itself.',
      fix: 'write downgrade(), or name the revision with a reason in irreversible.txt',
    }
  if (downgrade.body === 'raises')
    return {
      ...about,
      id: 'reversible.refuses',
      what: `the downgrade of ${id} only raises an error`,
      why: 'A deploy that fails after it cannot take the schema back by itself: a person has to.',
      fix: 'write downgrade(), or name the revision with a reason in irreversible.txt',
    }
  return downgrade.body === 'empty' && upgrade?.body === 'body' ? 'noop' : undefined
}

/** Whether the schema or a row is not what it was. */
const leaves = (down: Down | undefined): boolean =>
  !down || [...(down.different ?? []), ...(down.lost ?? [])].length > 0

/** Whether an upgrade did something, though none of our rows shows it. */
const writes = (step: Step | undefined): boolean =>
  (step?.statements ?? []).some(({ sql }) => /^\s*(insert|update|delete|truncate|alter|merge)\b/i.test(sql))

function noop({ id, file }: Revision, isSeen: boolean): Finding {
  return {
    id: 'reversible.noop',
    level: isSeen ? 'error' : 'warning',
    file: file.file,
    line: file.functions?.['downgrade']?.line ?? 1,
    revision: id,
    what: `the downgrade of ${id} does nothing`,
    why: isSeen
      ? 'Alembic records the older revision while schema and rows stay those of the newer one; the next upgrade may fail.'
      : 'Its upgrade writes, and what it wrote stays after a rollback: the older version has to live with it.',
    fix: 'write downgrade(), or name the revision with a reason in irreversible.txt',
  }
}

function checkDown({ id, file }: Revision, down: Down): Finding[] {
  const about = { revision: id, file: file.file, line: file.functions?.['downgrade']?.line ?? 1 }
  const { error, againError } = down
  if (error)
    return [
      {
        ...about,
        ...placeOf(error, file.file),
        id: down.byRows ? 'data.downgrade-fails' : 'reversible.fails',
        level: 'error',
        what: `the downgrade of ${id} fails${down.byRows ? ' as soon as there are rows' : ''}: ${headline(error)}`,
        why: 'When the deploy has to take the schema back, it cannot: a person has to mend production by hand.',
        fix: down.byRows
          ? 'let the downgrade convert or remove the rows that the older schema cannot hold'
          : 'mend the downgrade: try `alembic downgrade -1` and `alembic upgrade head`',
        detail: traceback(error),
      },
    ]
  if (againError)
    return [
      {
        ...about,
        ...placeOf(againError, file.file),
        id: 'reversible.again-fails',
        level: 'error',
        what: `${id} can be taken back, but not applied again: ${headline(againError)}`,
        why: 'Its downgrade leaves something behind: after a rollback, the mended version cannot be deployed.',
        fix: 'let the downgrade remove all that the upgrade makes: types and sequences as well as tables',
        detail: traceback(againError),
      },
    ]
  return [...schemaFindings(about, id, down), ...lostFindings(about, id, down)]
}

function schemaFindings(
  about: Pick<Finding, 'revision' | 'file' | 'line'>,
  id: string,
  down: Down,
): Finding[] {
  const found: Finding[] = []
  const different = down.different ?? []
  if (different.length > 0)
    found.push({
      ...about,
      id: 'reversible.different',
      level: 'error',
      what: `the downgrade of ${id} does not restore the schema: ${different
        .map(({ kind, name }) => `${kind} ${name}`)
        .slice(0, 4)
        .join(', ')}`,
      why: 'After a rollback the schema is one that no version was ever tested with.',
      fix: 'let the downgrade undo exactly what the upgrade does',
      detail: different
        .map(
          ({ kind, name, before, after }) =>
            `${kind} ${name}: was ${before ?? 'not there'}, is ${after ?? 'gone'}`,
        )
        .join('\n'),
    })
  const again = down.againDifferent ?? []
  if (again.length > 0 && different.length === 0)
    found.push({
      ...about,
      id: 'reversible.again-different',
      level: 'error',
      what: `${id} makes another schema when it is applied a second time: ${again
        .map(({ kind, name }) => `${kind} ${name}`)
        .slice(0, 4)
        .join(', ')}`,
      why: 'After a rollback and a second deploy, production is not what was tested.',
      fix: 'make the upgrade independent of what an earlier one has left',
      detail: again
        .map(
          ({ kind, name, before, after }) =>
            `${kind} ${name}: first ${before ?? 'not there'}, then ${after ?? 'gone'}`,
        )
        .join('\n'),
    })
  if ((down.orders ?? []).length > 0)
    found.push({
      ...about,
      id: 'reversible.column-order',
      level: 'note',
      what: `after the downgrade of ${id} the columns of ${down.orders?.join(', ')} stand in another order`,
      why: 'Only INSERT without column names and SELECT * by position notice.',
      fix: 'nothing, as long as nobody relies on the order',
    })
  return found
}

function lostFindings(about: Pick<Finding, 'revision' | 'file' | 'line'>, id: string, down: Down): Finding[] {
  return (down.lost ?? []).map(({ table, rows, of, column }) => ({
    ...about,
    id: 'data.lost',
    level: 'error',
    what:
      column === undefined
        ? `${id} up and down again loses ${rows} of ${of} rows of ${table}`
        : `${id} up and down again changes what ${table}.${column} had before`,
    why: 'A rollback would lose what users have entered, without an error.',
    fix: 'keep what the upgrade overwrites or deletes (another column, another table) until a later release; or name it in irreversible.txt',
  }))
}
