import type { Options, Parsed } from '../../base/command.ts'
import { UsageError } from '../../base/failure.ts'
import { parseRevision, parseSteps } from '../../database/downgrade-path.ts'
import type { DatabaseRollback } from './database.ts'
import { databaseOptions, databaseWanted } from './database-options.ts'
import { parseReleaseNumber } from './target.ts'

/** What a rollback can be told, besides what every script can. */
export const rollbackOptions = {
  type: {
    type: 'value',
    short: 't',
    value: '<deployment|database|migration>',
    choices: ['deployment', 'database', 'migration'],
    describe: 'what to roll back',
  },
  to: {
    type: 'value',
    value: '<release|revision>',
    describe: 'a release by its number; with -t migration a revision, or base',
  },
  steps: { type: 'value', value: '<n>', describe: 'migration: how many revisions (1 unless told)' },
  'with-migrations': { type: 'flag', describe: 'deployment: take the schema back, too, if need be' },
  ...databaseOptions,
} as const satisfies Options

export interface DeploymentRollback {
  readonly type: 'deployment'
  /** An older release's number; the one before the live one unless told. */
  readonly to: number | undefined
  /** Take the schema back, too, where the older release needs that. */
  readonly withMigrations: boolean
}

export interface MigrationRollback {
  readonly type: 'migration'
  /** How many revisions to take back, or the one to return to. */
  readonly back: { readonly steps: number } | { readonly to: string }
}

type Wanted =
  | DeploymentRollback
  | MigrationRollback
  | ({ readonly type: 'database' } & Omit<DatabaseRollback, 'ask'>)

/** @throws UsageError for what is missing, malformed or does not go together. */
export function rollbackWanted(given: Parsed<typeof rollbackOptions>): Wanted {
  const { type, to, steps, 'with-migrations': withMigrations } = given
  if (type === undefined)
    throw new UsageError('what to roll back is not given', 'add -t deployment, -t database or -t migration')
  if (type !== 'migration' && steps !== undefined) throw new UsageError('--steps belongs to -t migration')
  if (type !== 'deployment' && withMigrations)
    throw new UsageError('--with-migrations belongs to -t deployment')
  if (type === 'database' && to !== undefined)
    throw new UsageError('--to is for -t deployment and -t migration', '-b <file> chooses a backup')
  const database = databaseWanted(given)
  if (database) return { type: 'database', ...database }
  if (type === 'deployment')
    return { type, to: to === undefined ? undefined : parseReleaseNumber(to), withMigrations }
  if (to !== undefined && steps !== undefined) throw new UsageError('--to and --steps exclude each other')
  return {
    type: 'migration',
    back: to === undefined ? { steps: parseSteps(steps ?? '1') } : { to: parseRevision(to) },
  }
}
