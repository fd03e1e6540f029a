import type { Fact, FactOf } from './facts.ts'
import type { Finding } from './finding.ts'
import type { Revision } from './history.ts'
import { environmentFile } from './python-error.ts'

/** Why nothing of Alembic works here: its configuration. */
export function configProblems(facts: readonly Fact[]): Finding[] {
  return facts.flatMap(fact => {
    if (fact.type === 'no-config')
      return [
        {
          id: 'load.config',
          level: 'error' as const,
          file: fact.file,
          line: 1,
          what: `${fact.file} is not in the backend's directory`,
          why: 'Alembic finds nothing without it; since 1.16 [tool.alembic] in pyproject.toml will do, too.',
          fix: "it belongs into the backend's directory, the working directory of its image; migrate-check takes another with --backend or --config",
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
export const stopped = ({ revision, left }: FactOf<'stopped'>, revisions: readonly Revision[]): Finding => ({
  file: revisions.find(({ id }) => id === revision)?.file.file ?? environmentFile,
  line: 1,
  also: revisions.slice(-left).map(({ file }) => file.file),
  id: 'fresh.stopped',
  level: 'note',
  revision,
  what: `${left} later revisions were not tried, because ${revision} fails`,
  why: 'They build on what it would have made.',
  fix: 'mend it and check again',
})

/** Tables that stayed empty. */
export const noRows = (
  { table, why }: FactOf<'no-rows'>,
  place: Pick<Finding, 'file' | 'line' | 'also'>,
): Finding => ({
  id: 'data.no-rows',
  level: 'warning',
  ...place,
  what: `no row could be made up for ${table}: ${why}`,
  why: 'Migrations were tried with this table empty.',
  fix: 'try them on real rows: migrate-check --from-backup <file|latest>',
})
