import { UsageError } from '../base/failure.ts'
import type { Options, Parsed } from '../base/options.ts'
import type { Reason } from './manifest.ts'
import { type Offsite, offsiteAddress } from './offsite/address.ts'

/** What a backup can be told, besides what every script can. */
export const backupOptions = {
  verify: {
    type: 'value',
    value: 'file',
    bare: 'new',
    describe: 'verify the new backup by restoring it, or an existing file',
  },
  list: { type: 'flag', describe: 'list the backups: age, size, schema, release, verified or not' },
  'no-uploads': { type: 'flag', describe: 'leave uploads/ out' },
  compress: { type: 'flag', describe: 'make it a .sql.zst' },
  to: { type: 'value', value: '<sftp://…>', describe: 'copy it there, too (default: BACKUP_SFTP_URL)' },
  pull: { type: 'flag', describe: 'bring the newest backup from there to this machine' },
  drill: { type: 'flag', describe: 'start a throwaway copy from the newest backup, test it, time it' },
  schedule: { type: 'flag', describe: 'print what makes this machine do it every night' },
  scheduled: { type: 'flag', describe: 'say nothing unless something is wrong: for cron' },
} as const satisfies Options

export interface NewBackup {
  readonly reason: Reason
  readonly uploads: boolean
  readonly verified: boolean
  readonly compressed: boolean
  readonly offsite: Offsite | undefined
}

export type BackupWanted =
  | { readonly do: 'list' }
  /** `words`: what the nightly backup is to be told. */
  | { readonly do: 'schedule'; readonly words: readonly string[] }
  | { readonly do: 'pull'; readonly from: Offsite }
  | { readonly do: 'drill' }
  | { readonly do: 'verify'; readonly file: string; readonly offsite: Offsite | undefined }
  | ({ readonly do: 'back up' } & NewBackup)

/** @throws UsageError for what is malformed or does not go together. */
export function backupWanted(given: Parsed<typeof backupOptions>): BackupWanted {
  const { verify, to, compress, 'no-uploads': noUploads } = given
  const existing = verify === 'new' ? undefined : verify
  const modes = (['list', 'pull', 'drill', 'schedule'] as const).filter(mode => given[mode])
  const all = [...modes.map(mode => `--${mode}`), ...(existing === undefined ? [] : ['--verify <file>'])]
  if (all.length > 1) throw new UsageError(`${all.join(' and ')} do not go together`, 'choose one of them')
  const [mode] = modes
  const makesNone = all.find(one => one !== '--schedule')
  if (makesNone !== undefined && (compress || noUploads))
    throw new UsageError(`${makesNone} makes no backup`, 'leave --compress and --no-uploads out')
  const offsite = offsiteAddress(to)
  if (mode === 'pull') {
    if (offsite) return { do: 'pull', from: offsite }
    throw new UsageError(
      '--pull needs an address',
      'add --to sftp://user@host/directory, or set BACKUP_SFTP_URL',
    )
  }
  if (mode === 'schedule')
    return {
      do: 'schedule',
      words: [
        ...(verify === undefined ? [] : ['--verify']),
        ...(compress ? ['--compress'] : []),
        ...(noUploads ? ['--no-uploads'] : []),
        ...(to === undefined ? [] : ['--to', to]),
      ],
    }
  if (mode !== undefined) return { do: mode }
  // An existing one goes elsewhere only where that was said: who asks for a proof asks for no copy.
  if (existing !== undefined)
    return { do: 'verify', file: existing, offsite: to === undefined ? undefined : offsite }
  return {
    do: 'back up',
    reason: given.scheduled ? 'scheduled' : 'manual',
    uploads: !noUploads,
    verified: verify !== undefined,
    compressed: compress,
    offsite,
  }
}
