import type { Options, Parsed } from '../../base/command.ts'
import { UsageError } from '../../base/failure.ts'
import type { DatabaseRollback } from './database.ts'

/** Options of a rollback that mean something for `-t database` alone. */
export const databaseOptions = {
  backup: {
    type: 'value',
    short: 'b',
    value: '<file>',
    describe: 'database: this backup (default: the newest proved one)',
  },
  'back-to': {
    type: 'value',
    value: '<database>',
    describe: 'database: undo a rollback: back to what it kept',
  },
  online: {
    type: 'flag',
    describe: 'database: users stay on; what they write is lost',
  },
  'with-uploads': { type: 'flag', describe: "database: the backup's uploads, too" },
  'emergency-backup': { type: 'flag', describe: 'database: first save what can be saved' },
  upgrade: { type: 'flag', describe: 'database: then run the migrations of the live version' },
  'with-deployment': {
    type: 'flag',
    describe: "database: roll back to the backup's release, too",
  },
} as const satisfies Options

type Given = Parsed<typeof databaseOptions> & {
  readonly type: string | undefined
}

/** What `-t database` is to do; undefined for another type. @throws UsageError for what does not go together. */
export function databaseWanted(given: Given): Omit<DatabaseRollback, 'ask'> | undefined {
  if (given.type !== 'database') {
    const option = (Object.keys(databaseOptions) as (keyof typeof databaseOptions)[]).find(
      name => given[name],
    )
    if (option) throw new UsageError(`--${option} is for -t database`, `with -t ${given.type} leave it out`)
    return undefined
  }
  const clash = clashes.find(names => names.every(name => given[name]))
  if (clash) throw new UsageError(`--${clash[0]} and --${clash[1]} do not go together`, 'choose one of them')
  return {
    backup: given.backup,
    backTo: given['back-to'],
    online: given.online,
    withUploads: given['with-uploads'],
    emergencyBackup: given['emergency-backup'],
    remedy: given.upgrade ? 'upgrade' : given['with-deployment'] ? 'with-deployment' : undefined,
  }
}

/** A running backend holds its uploads' directory, and so on. */
const clashes = [
  ['backup', 'back-to'],
  ['with-uploads', 'back-to'],
  ['with-uploads', 'online'],
  ['upgrade', 'with-deployment'],
] as const
