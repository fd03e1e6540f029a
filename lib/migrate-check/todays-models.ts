import { all, type Fact } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'

/**
 * A revision that calls `create_all` makes, on a new database, what later revisions add again. Those then fail, or are
 * tried on what production never was: all that follows from it is one finding.
 * @param revisions in the order in which they are applied
 * @returns the facts without those that only tell what today's models come to; one finding at most; and `written`, the
 * revisions that say themselves what they do
 */
export function beforeTodaysModels(facts: readonly Fact[], revisions: readonly Revision[]) {
  const lines = new Map(all(facts, 'todays-models').map(({ revision, line }) => [revision, line]))
  const first = revisions.findIndex(({ id }) => lines.has(id))
  const revision = revisions[first]
  if (!revision) return { facts, findings: [], written: revisions }
  const before = new Set<string | null | undefined>(revisions.slice(0, first).map(({ id }) => id))
  return {
    facts: facts.filter(fact => {
      if (fact.type === 'revision') return before.has(fact.revision)
      if (fact.type === 'fresh') return fact.ok || before.has(fact.revision)
      return !guesses.has(fact.type)
    }),
    findings: [findingOf(revision, lines, revisions.slice(first + 1))],
    written: revisions.filter(({ id }) => !lines.has(id)),
  }
}

/** What is told of the schema in the end, or of what comes last. */
const guesses: ReadonlySet<Fact['type']> = new Set(['stopped', 'drift', 'drift-failed', 'no-rows'])

function findingOf(
  revision: Revision,
  lines: ReadonlyMap<string, number>,
  later: readonly Revision[],
): Finding {
  const { id, file } = revision
  const others = later
    .filter(each => lines.has(each.id))
    .map(each => `${each.file.file}:${lines.get(each.id)}`)
  return {
    ...about('fresh.todays-models', 'error', revision, lines.get(id)),
    also: later.map(each => each.file.file),
    what: `${id} makes what the models are today, not what they were when it was written`,
    why: 'A new database gets at once what later revisions add again: they fail there, or are tried on what production never was. So neither they nor the models were.',
    fix: [
      `let it say what it made: check out the commit that added it, delete ${file.file} there, and on an empty database`,
      'alembic revision --autogenerate -m "…"; put what that wrote into its upgrade() and downgrade()',
      'its revision stays, so a database that has it already notices nothing',
    ].join('\n'),
    detail: others.length === 0 ? undefined : `so do ${others.join(', ')}`,
  }
}
