import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type SftpClient from 'ssh2-sftp-client'
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

/** A file's SHA-256, by sha256sum there; where only SFTP is allowed, by reading the file back. */
export async function checksumThere({ connection, files }: FarEnd, file: string): Promise<string> {
  const said = await command(connection, `sha256sum -- '${file.replaceAll("'", String.raw`'\''`)}'`)
  const sum = /^\\?([0-9a-f]{64}) /.exec(said)?.[1]
  if (sum) return sum
  const hash = createHash('sha256')
  await pipeline(files.createReadStream(file), hash)
  return hash.digest('hex')
}

/** What a command prints there; nothing where it is not allowed or fails. */
function command({ client }: Connection, line: string): Promise<string> {
  return new Promise(resolve => {
    client.exec(line, (error, channel) => {
      if (error) return resolve('')
      let text = ''
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      channel.stderr.resume()
      channel.on('close', () => resolve(text))
    })
  })
}
