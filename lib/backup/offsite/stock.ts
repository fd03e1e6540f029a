import { posix } from 'node:path'
import type { Environment } from '../../environment/environment.ts'
import type { Backup } from '../list.ts'
import { parseManifest, stemOf } from '../manifest.ts'
import { backupsToRemove } from '../retention.ts'
import type { FarEnd } from './far-end.ts'

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
