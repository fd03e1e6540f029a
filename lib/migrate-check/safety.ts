import type { Change, Step } from './facts.ts'
import type { Finding } from './finding.ts'
import type { Revision } from './history.ts'
import type { LiveVersion } from './live-version.ts'
import { ruleFor } from './safety/rules.ts'
import { wholeTableWrites } from './safety/writes.ts'

/**
 * What a revision does to the version that runs beside it until the switch, and behind it after a rollback. Read from
 * the catalog before and after, so it does not matter how the SQL was written.
 */
export async function checkSafety(
  step: Step,
  revision: Revision,
  live: LiveVersion | undefined,
): Promise<Finding[]> {
  const changes = step.changes ?? []
  const found = await Promise.all(changes.map(change => judge(change, step, revision, live)))
  return [...found.flat(), ...wholeTableWrites(step, revision)]
}

async function judge(
  change: Change,
  step: Step,
  revision: Revision,
  live: LiveVersion | undefined,
): Promise<Finding[]> {
  const rule = ruleFor(change, step)
  if (!rule) return []
  const line = lineOf(change, step) ?? revision.file.functions?.['upgrade']?.line ?? 1
  const { name, ...finding } = rule
  const about = { file: revision.file.file, line, revision: revision.id }
  if (name === undefined || !live) return [{ ...finding, ...about }]
  const uses = await live(name)
  if (uses.length > 0)
    return [{ ...finding, ...about, why: `${finding.why} It is used in ${uses.join(', ')}.` }]
  return [
    {
      ...finding,
      ...about,
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
