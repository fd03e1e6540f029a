import { variable } from '../../base/caller.ts'
import { UsageError } from '../../base/failure.ts'
import { shown } from '../../base/text.ts'
import { type Destination, parseDestination } from '../../remote/destination.ts'
import { usual } from '../../remote/ssh-config.ts'

/** Where recovery points are copied to. */
export interface Offsite {
  readonly destination: Destination
  readonly directory: string
  /** As it was given. */
  readonly url: string
}

/**
 * `sftp://user@host:port/dir` of `--to` or BACKUP_SFTP_URL; undefined where neither is given.
 * @throws UsageError for anything else: also for a password in it, which would be seen in `ps`.
 */
export function offsiteAddress(option: string | undefined): Offsite | undefined {
  const given = option ?? variable('BACKUP_SFTP_URL')
  const name = option === undefined ? 'BACKUP_SFTP_URL' : '--to'
  if (given === undefined) return undefined
  const expected = 'expected sftp://user@host/directory or sftp://user@host:port/directory'
  const [, authority = '', path = ''] = /^sftp:\/\/([^/]+)(\/.*)$/s.exec(given) ?? []
  if (/:.*@/.test(authority))
    throw new UsageError(`${name} has a password in it`, 'log in with a key: BACKUP_SFTP_SSH_KEY')
  const directory = decoded(path)
  if (directory.length < 2 || /[\u0000-\u001f]/.test(directory) || directory.split('/').includes('..'))
    throw new UsageError(`${name} is ${shown(given)}`, expected)
  return {
    destination: usual(parseDestination(authority, name, undefined, 'BACKUP_SFTP_USER')),
    directory: directory.replace(/(?<=.)\/+$/, ''),
    url: given,
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return '' // a % that escapes nothing: refused with the rest
  }
}
