import type { Applied } from './applying.ts'
import type { Change, Step } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { LiveVersion } from './live-version.ts'
import { ruleFor } from './safety/rules.ts'

/**
 * What a revision does to the version that runs beside it until the switch, and behind it after a rollback. Read from
 * the catalog before and after, so it does not matter how the SQL was written.
 */
export async function checkSafety(applied: Applied, live: LiveVersion | undefined): Promise<Finding[]> {
  const changes = applied.step.changes ?? []
  const found = await Promise.all(changes.map(change => judge(change, applied, live)))
  return [...found.flat(), ...wholeTableWrites(applied)]
}

async function judge(
  change: Change,
  { step, revision }: Applied,
  live: LiveVersion | undefined,
): Promise<Finding[]> {
  const rule = ruleFor(change, step)
  if (!rule) return []
  const line = lineOf(change, step) ?? revision.file.functions?.['upgrade']?.line
  const { id, name, ...words } = rule
  const finding = { ...about(id, 'blocks', revision, line), ...words }
  if (name === undefined || !live) return [finding]
  const uses = await live(name)
  if (uses.length > 0) return [{ ...finding, why: `${words.why} It is used in ${uses.join(', ')}.` }]
  return [
    {
      ...finding,
      level: 'note',
      why: 'No file of the running version names it, so nothing there should miss it.',
      fix: 'nothing, if no other program reads this database',
    },
  ]
}

/** The statement that most likely did it: the last one that locked the table and names what changed. */
function lineOf(change: Change, step: Step): number | undefined {
  const words = [change.column, change.table.split('.').at(-1)].filter(word => word !== undefined)
  const names = (sql: string): number => words.filter(word => sql.includes(word)).length
  const best = [...step.statements].sort((a, b) => names(b.sql) - names(a.sql))[0]
  return best && names(best.sql) > 0 ? best.line : step.statements.at(0)?.line
}

/** UPDATE and DELETE over whole tables: on a big one they hold row locks, or worse, for minutes. */
function wholeTableWrites({ step, revision }: Applied): Finding[] {
  return step.statements.flatMap((statement, index) => {
    const table = writtenWhole(statement.sql)
    const full = (step.tables ?? []).find(name => name.split('.').at(-1) === table)
    if (!full) return []
    const locked =
      statement.transaction &&
      step.statements
        .slice(0, index + 1)
        .some(({ locks }) => locks.some(([name, mode]) => name === full && mode === 'AccessExclusiveLock'))
    return [
      {
        ...about('safe.unbatched-write', 'warning', revision, statement.line),
        what: `writes to all of ${full} in one statement${locked ? ', while the table is locked against everybody' : ''}`,
        why: locked
          ? 'No request can read or write the table until every row is written.'
          : 'Each row stays locked until the end, and the table grows to twice its size.',
        fix: 'move the rows in batches with a commit after each (op.get_context().autocommit_block()), in a revision of its own',
      },
    ]
  })
}

/** The table that an UPDATE or DELETE goes through, unless its condition names single values or it is a batch. */
export function writtenWhole(sql: string): string | undefined {
  const match = /^\s*(?:update\s+(?:only\s+)?|delete\s+from\s+(?:only\s+)?)([\w."]+)/i.exec(sql)
  if (!match || /\blimit\s+[\d$(]/i.test(sql)) return undefined
  const condition = /\bwhere\b([\s\S]*)$/i.exec(sql)?.[1] ?? ''
  if (/^\s*[\w."]+\s*(=|in)\s*(\(\s*)?('|\$|\d)/i.test(condition)) return undefined
  return match[1]?.replaceAll('"', '').split('.').at(-1)
}
