import { all, type Fact, type FactOf } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'
import { environmentFile, loadFailure } from './python-error.ts'

/** Why nothing of Alembic works here: its configuration. */
export const configProblems = (facts: readonly Fact[]): Finding[] => [
  ...all(facts, 'no-config').map(({ file }) => ({
    ...about('load.config', 'error', file),
    what: `${file} is not in the backend's directory`,
    why: 'Alembic finds nothing without it; since 1.16 [tool.alembic] in pyproject.toml will do, too.',
    fix: "it belongs into the backend's directory, the working directory of its image; migrate-check takes another with --backend or --config",
  })),
  ...all(facts, 'bad-config').map(({ file, message }) => ({
    ...about('load.config', 'error', file),
    what: `Alembic cannot use ${file}: ${message.split('\n')[0]}`,
    why: 'No command of Alembic works.',
    fix: 'fix script_location and version_locations',
  })),
]

/** What could not be tried, because something before it fails. */
export const stopped = ({ revision, left }: FactOf<'stopped'>, revisions: readonly Revision[]): Finding => ({
  ...about('fresh.stopped', 'note', revisions.find(({ id }) => id === revision) ?? environmentFile),
  also: revisions.slice(-left).map(({ file }) => file.file),
  revision,
  what: `${left} later revisions were not tried, because ${revision} fails`,
  why: 'They build on what it would have made.',
  fix: 'fix it and check again',
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

export const driftFailure = ({ error }: FactOf<'drift-failed'>): Finding => ({
  ...loadFailure('env', error),
  id: 'drift.fails',
  what: `the models cannot be compared with the schema: ${error.message.split('\n')[0]}`,
})
