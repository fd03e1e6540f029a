import type { Step } from '../facts.ts'
import type { Finding } from '../finding.ts'
import type { Revision } from '../history.ts'

/** UPDATE and DELETE over whole tables: on a big one they hold row locks, or worse, for minutes. */
export function wholeTableWrites(step: Step, revision: Revision): Finding[] {
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
        id: 'safe.unbatched-write',
        level: 'warning' as const,
        file: revision.file.file,
        line: statement.line,
        revision: revision.id,
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
