import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { sync } from '../base/files.ts'
import { bytes, lastLines } from '../base/text.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { inDatabase, inside } from './container.ts'
import { digestOf } from './digest.ts'
import { type Backup, backupDirectory } from './list.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import { demandRoom } from './room.ts'

/**
 * Compresses a plain dump (`.sql` becomes `.sql.zst`) and removes the plain one, once the compressed one was unpacked
 * again to the same bytes. It keeps its manifest, and its proof.
 */
export async function compress(site: Site, backup: Backup, step: Step): Promise<Manifest | undefined> {
  const { environment, project, run } = site
  const directory = backupDirectory(environment)
  const name = `${backup.name}.zst`
  const partial = `${name}.partial`
  await demandRoom(directory, backup.bytes / 2)
  const command =
    'set -o pipefail; umask 077; zstd -3 -T0 -q -f -o "$2" -- "$1" && zstd -dcq -- "$2" | sha256sum'
  try {
    const words = ['bash', '-c', command, 'bash', inside(backup.name), inside(partial)]
    const ran = await inDatabase(project, words, { signal: run.signal, timeout: 60 * 60_000 })
    const plain = await digestOf(backup.file, run.signal)
    if (!ran.ok || !ran.stdout.startsWith(plain.sha256))
      throw new Failure({
        what: `${backup.name} could not be compressed`,
        detail: lastLines(ran.stderr, 3) || 'unpacked again, it is not the same',
      })
    sync(join(directory, partial))
    const digest = await digestOf(join(directory, partial), run.signal)
    renameSync(join(directory, partial), join(directory, name))
    const manifest = backup.manifest && { ...backup.manifest, ...digest, file: name }
    if (manifest) writeManifest(directory, manifest)
    rmSync(backup.file)
    step.note(`${name}, ${bytes(backup.bytes)} became ${bytes(digest.bytes)}`)
    return manifest
  } finally {
    rmSync(join(directory, partial), { force: true })
  }
}
