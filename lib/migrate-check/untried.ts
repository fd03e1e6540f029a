import type { Fact, FactOf } from './facts.ts'
import type { Finding } from './finding.ts'

/** Why nothing of Alembic works here: its configuration. */
export function configProblems(facts: readonly Fact[]): Finding[] {
  return facts.flatMap(fact => {
    if (fact.type === 'no-config')
      return [
        {
          id: 'load.config',
          level: 'error' as const,
          what: `${fact.file} is not in the backend's directory`,
          why: 'Alembic finds nothing without it.',
          fix: 'name the directory with --backend, or the file with --config',
        },
      ]
    if (fact.type === 'bad-config')
      return [
        {
          id: 'load.config',
          level: 'error' as const,
          file: fact.file,
          line: 1,
          what: `Alembic cannot use ${fact.file}: ${fact.message.split('\n')[0]}`,
          why: 'No command of Alembic works.',
          fix: 'mend script_location and version_locations',
        },
      ]
    return []
  })
}

/** What could not be tried, because something before it fails. */
export const stopped = ({ revision, left }: FactOf<'stopped'>): Finding => ({
  id: 'fresh.stopped',
  level: 'note',
  revision,
  what: `${left} later revisions were not tried, because ${revision} fails`,
  why: 'They build on what it would have made.',
  fix: 'mend it and check again',
})

/** Tables that stayed empty. */
export const noRows = ({ table, why }: FactOf<'no-rows'>): Finding => ({
  id: 'data.no-rows',
  level: 'note',
  what: `no row could be made up for ${table}: ${why}`,
  why: 'Migrations were tried with this table empty.',
  fix: '--from-backup tries them with real rows',
})
