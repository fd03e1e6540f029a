import type { Remedy } from '../../backup/schema-compatibility.ts'
import { UsageError } from '../../base/failure.ts'
import { type Options, type Parsed, parseCount } from '../../base/options.ts'
import { parseRevision } from '../../database/revision-graph.ts'

/** Options of a rollback that mean something for `-t database` alone. */
const databaseOptions = {
  backup: {
    type: 'value',
    short: 'b',
    value: '<file>',
    describe: 'database: this backup (default: the newest verified one)',
  },
  'back-to': {
    type: 'value',
    value: '<database>',
    describe: 'database: undo a rollback: back to what it kept',
  },
  online: { type: 'flag', describe: 'database: users stay on; what they write is lost' },
  'with-uploads': { type: 'flag', describe: "database: the backup's uploads, too" },
  'emergency-backup': { type: 'flag', describe: 'database: first save what can be saved' },
  upgrade: { type: 'flag', describe: 'database: then run the migrations of the live version' },
  'with-deployment': { type: 'flag', describe: "database: roll back to the backup's release, too" },
} as const satisfies Options

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
  'with-migrations': { type: 'flag', describe: 'deployment: roll the schema back, too, if need be' },
  ...databaseOptions,
} as const satisfies Options

export interface DeploymentRollback {
  readonly type: 'deployment'
  /** An older release's number; the one before the live one unless told. */
  readonly to: number | undefined
  /** Roll the schema back, too, where the older release needs that. */
  readonly withMigrations: boolean
}

export interface MigrationRollback {
  readonly type: 'migration'
  /** How many revisions to roll back, or the one to return to. */
  readonly back: { readonly steps: number } | { readonly to: string }
}

type Wanted = DeploymentRollback | MigrationRollback | ({ readonly type: 'database' } & DatabaseRollback)

const aRelease = 'a release number such as 12 (--list shows them)'
const someRevisions = 'how many revisions to roll back, such as 2'

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
    return { type, to: to === undefined ? undefined : parseCount('to', to, aRelease), withMigrations }
  if (to !== undefined && steps !== undefined) throw new UsageError('--to and --steps exclude each other')
  if (to !== undefined) return { type: 'migration', back: { to: parseRevision(to) } }
  return { type: 'migration', back: { steps: parseCount('steps', steps ?? '1', someRevisions) } }
}

type Given = Parsed<typeof databaseOptions> & { readonly type: string | undefined }

export type DatabaseRollback = Readonly<NonNullable<ReturnType<typeof databaseWanted>>>

/** What `-t database` is to do; undefined for another type. @throws UsageError for what does not go together. */
function databaseWanted(given: Given) {
  if (given.type !== 'database') {
    const names = Object.keys(databaseOptions) as (keyof typeof databaseOptions)[]
    const option = names.find(name => given[name])
    if (option) throw new UsageError(`--${option} is for -t database`, `with -t ${given.type} leave it out`)
    return undefined
  }
  const clash = clashes.find(names => names.every(name => given[name]))
  if (clash) throw new UsageError(`--${clash[0]} and --${clash[1]} do not go together`, 'choose one of them')
  return {
    /** A backup's file; the newest verified one unless told. */
    backup: given.backup,
    /** A database that an earlier rollback kept, instead of a backup: the way back. */
    backTo: given['back-to'],
    /** Users stay while the backup is restored; what they write meanwhile is lost. */
    online: given.online,
    withUploads: given['with-uploads'],
    emergencyBackup: given['emergency-backup'],
    remedy: given.upgrade ? 'upgrade' : given['with-deployment'] ? 'with-deployment' : (undefined as Remedy),
  }
}

/** A running backend holds its uploads' directory, and so on. */
const clashes = [
  ['backup', 'back-to'],
  ['with-uploads', 'back-to'],
  ['with-uploads', 'online'],
  ['upgrade', 'with-deployment'],
] as const
