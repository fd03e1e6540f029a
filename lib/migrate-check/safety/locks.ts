import type { Statement, Step } from '../facts.ts'

const strength = [
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
]

/** The strongest lock that was held on each table that was there before, for people: `ACCESS EXCLUSIVE`. */
export function strongestLocks(
  step: Pick<Step, 'tables'> & { statements: readonly Statement[] },
): [table: string, mode: string][] {
  const strongest = new Map<string, string>()
  for (const [table, mode] of step.statements.flatMap(({ locks }) => locks))
    if (
      (step.tables ?? []).includes(table) &&
      strength.indexOf(mode) > strength.indexOf(strongest.get(table) ?? '')
    )
      strongest.set(table, mode)
  return [...strongest].map(([table, mode]) => [
    table,
    mode
      .replace(/Lock$/, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toUpperCase(),
  ])
}
