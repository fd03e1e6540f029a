import type { Fresh, PythonError, Step } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'
import { headline, placeOf, traceback } from './python-error.ts'

/** base → head on an empty database, in one go as on a new machine. */
export function* checkFresh(fresh: Fresh | undefined, revisions: readonly Revision[]): Iterable<Finding> {
  if (!fresh?.error || fresh.ok) return
  const revision = revisions.find(({ id }) => id === fresh.revision)
  yield {
    ...{ id: 'fresh.fails', level: 'error', revision: revision?.id },
    ...placeOf(fresh.error, revision?.file.file),
    what: `${revision?.id ?? 'the history'} fails on an empty database: ${headline(fresh.error)}`,
    why: 'A new developer, a test run and a restored server cannot make the schema.',
    fix: fixOf(fresh.error),
    detail: traceback(fresh.error),
  }
}

function fixOf({ state, message }: PythonError): string {
  if (state === '55P04')
    return 'a new enum value must be committed before it is used: add it in op.get_context().autocommit_block(), or set transaction_per_migration=True in env.py'
  if (state === '22P02' && /enum/.test(message))
    return 'write the value exactly as the type has it: PostgreSQL compares enum values with their case'
  if (state === '55P03')
    return 'it waits for itself: a second connection wants what the first one has locked, and would for ever; let it do all by op.get_bind()'
  if (state === '42P01' || state === '42703')
    return 'it was probably written against a database that has more than the history makes: add the missing migration before it'
  if (state === '42P07' || state === '42701' || state === '42710')
    return 'an earlier revision makes it already: delete one of the two'
  return 'fix the migration; try it with `alembic upgrade head` on an empty database'
}

const rowProblems: Readonly<Record<string, { what: string; fix: string }>> = {
  '23502': {
    what: 'a column becomes NOT NULL, and rows have no value for it',
    fix: 'add the column as nullable, fill it in batches, then set NOT NULL in a later revision',
  },
  '23505': {
    what: 'something becomes unique, and two rows have the same value',
    fix: 'remove or rename the duplicates first, in the same migration',
  },
  '23503': {
    what: 'a foreign key is added, and rows refer to what does not exist',
    fix: 'fix or remove those rows first, or add the constraint NOT VALID and validate it later',
  },
  '23514': {
    what: 'a check is added, and rows violate it',
    fix: 'fix those rows first, or add the constraint NOT VALID and validate it later',
  },
}

/** A revision, and what happened when it was applied. */
export interface Applied {
  readonly step: Step
  readonly revision: Revision
}

/** What fails only where there are rows, and what an exception handler has hidden. */
export function* checkStep(applied: Applied): Iterable<Finding> {
  yield* failsWithRows(applied)
  yield* hidden(applied)
}

function* failsWithRows({ step: { error, emptyError }, revision }: Applied): Iterable<Finding> {
  const { id, file } = revision
  if (!error) return
  if (emptyError)
    return yield {
      ...about('step.fails', 'error', revision),
      ...placeOf(emptyError, file.file),
      what: `${id} fails on a database that is at the revision before it: ${headline(emptyError)}`,
      why: 'That is where production is: the deploy stops there.',
      fix: fixOf(emptyError),
      detail: traceback(emptyError),
    }
  const known = rowProblems[error.state ?? '']
  yield {
    ...about('data.fails', 'error', revision),
    ...placeOf(error, file.file),
    what: `${id} fails as soon as there are rows: ${known?.what ?? headline(error)}`,
    why: 'It passes on an empty test database and stops the deploy in production.',
    fix: known?.fix ?? 'let the migration convert or fill what is there first',
    detail: traceback(error),
  }
}

function hidden({ step: { databaseErrors, error, down }, revision }: Applied): Finding[] {
  const { id, file } = revision
  const all = [
    ...(error ? [] : databaseErrors.map(each => ({ ...each, what: 'upgrade' }))),
    ...(down && !down.error && !down.againError
      ? down.databaseErrors.map(each => ({ ...each, what: 'downgrade' }))
      : []),
  ]
  return all.slice(0, 1).map(({ what, message, line, sql }) => ({
    ...about('safe.swallowed', 'error', revision, line ?? file.functions?.[what]?.line),
    what: `the ${what} of ${id} hides an error of the database: ${message}`,
    why: 'Alembic records the revision as applied although a part of it never happened.',
    fix: 'remove the handler, and ask the database first (IF EXISTS, or the inspector)',
    detail: `SQL: ${sql.trim().replace(/\s+/g, ' ').slice(0, 300)}`,
  }))
}

/** Handlers around statements that raise nothing: read from the text, since they may not be needed today. */
export function checkHandlers(revisions: readonly Revision[]): Finding[] {
  return revisions.flatMap(revision =>
    (revision.file.swallowed ?? []).map(({ line }) => ({
      ...about('safe.swallowed', 'error', revision, line),
      what: `${revision.id} swallows whatever the database complains about on line ${line}`,
      why: 'Alembic records the revision as applied although a part of it may never have happened.',
      fix: 'remove the handler, or raise again; ask the database first (IF EXISTS, or the inspector)',
    })),
  )
}
