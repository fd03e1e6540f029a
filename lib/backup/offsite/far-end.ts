import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type SftpClient from 'ssh2-sftp-client'
import { quoted } from '../../base/command-text.ts'
import type { Environment } from '../../environment/environment.ts'
import { hear, open } from '../../remote/command.ts'
import { accessTo, type Connection, connect } from '../../remote/connect.ts'
import type { Backup } from '../list.ts'
import { parseManifest, stemOf } from '../manifest.ts'
import { backupsToRemove } from '../retention.ts'
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
    connection.client.end()
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

/** The recovery points there: those that have a manifest, newest first. */
export async function listThere({ files, directory }: FarEnd): Promise<Backup[]> {
  const entries = await files.list(directory)
  const found: Backup[] = []
  for (const { name } of entries.filter(entry => /^backup_\d{8}_\d{6}\.json$/.test(entry.name))) {
    const text = (await files.get(posix.join(directory, name))) as Buffer // without a target it is a buffer
    const manifest = parseManifest(text.toString())
    const dump = entries.find(entry => entry.name === manifest?.file)
    if (manifest && dump)
      found.push({
        name: dump.name,
        file: posix.join(directory, dump.name),
        bytes: dump.size,
        at: manifest.at,
        manifest,
      })
  }
  return found.sort((a, b) => b.at - a.at)
}

/** The far end has a retention of its own. The manifest goes first: what has none is not counted as whole. */
export async function pruneThere(there: FarEnd, { retention }: Environment): Promise<void> {
  const { files, directory } = there
  const policy = retention.offsite ?? { last: retention.backups, ...retention }
  for (const { file, name, manifest } of backupsToRemove(await listThere(there), policy, [], Date.now())) {
    await files.delete(posix.join(directory, `${stemOf(name)}.json`))
    await files.delete(file)
    const uploads = manifest?.uploads?.directory
    if (uploads !== undefined) {
      const copy = posix.join(directory, uploads)
      if (await files.exists(copy)) await files.rmdir(copy, true)
    }
  }
}
