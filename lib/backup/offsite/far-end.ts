import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type SftpClient from 'ssh2-sftp-client'
import { quoted } from '../../base/command-text.ts'
import { hear, open } from '../../remote/command.ts'
import { accessTo, type Connection, connect } from '../../remote/connect.ts'
import type { Offsite } from './address.ts'

/** Its host key and its login stand in BACKUP_SFTP_HOST_KEY and BACKUP_SFTP_SSH_KEY. */
const settings = 'backup-sftp'

/** The machine and the directory on it that recovery points are copied to, connected. */
export interface FarEnd {
  readonly files: SftpClient
  readonly directory: string
  readonly connection: Connection
}

/** Connects to where backups are copied. Its host key is pinned: nothing is trusted because it was seen first. */
export async function atFarEnd<T>(
  { destination, directory }: Offsite,
  act: (there: FarEnd) => Promise<T>,
): Promise<T> {
  const connection = await connect(accessTo(settings, destination))
  try {
    return await act({ files: await connection.files, directory, connection })
  } finally {
    connection.end()
  }
}

/** Milliseconds: for the checksum of a large file on a slow disk. */
const patience = 60 * 60_000

/** A file's SHA-256, by sha256sum there; where only SFTP is allowed, by reading the file back. */
export async function checksumThere({ connection, files }: FarEnd, file: string): Promise<string> {
  const said = await open(connection, `sha256sum -- ${quoted(file)}`)
    .then(channel => hear(channel.end(), () => false, patience))
    .catch(() => undefined)
  const sum = /^\\?([0-9a-f]{64}) /.exec(said?.stdout ?? '')?.[1]
  if (sum) return sum
  const hash = createHash('sha256')
  await pipeline(files.createReadStream(file), hash)
  return hash.digest('hex')
}
