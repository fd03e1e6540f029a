import { basename, dirname } from 'node:path'
import { count } from '../base/text.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { digestOf } from './digest.ts'
import { type Examined, examine, removeStaged } from './inspect.ts'
import { dropScratch, scratchPrefix } from './leftovers.ts'
import { type Manifest, stamp, stampedAt, writeManifest } from './manifest.ts'
import { restoreAside } from './restore.ts'

/**
 * Proves a backup: restores it into a database that nobody uses, compares what comes out with what was dumped, and
 * writes the proof into its manifest. A file without a manifest gets one.
 * @throws Failure when it is damaged, is not restorable or holds something else.
 */
export async function prove(site: Site, file: string, step: Step): Promise<Manifest> {
  const { environment } = site
  const backup = await examine(site, file, step)
  const scratch = `${scratchPrefix(environment.database.name)}${stamp(new Date())}`
  const { rows } = await restoreAside(site, backup, scratch, step).finally(() =>
    removeStaged(site, backup.name),
  )
  await dropScratch(site, scratch)
  const manifest = await proved(site, backup, rows)
  writeManifest(dirname(backup.file), manifest)
  const words = { content: 'every row equal', rows: 'as many rows in each', restore: 'restorable' }
  step.note(`${count(Object.keys(rows).length, 'table')}, ${words[manifest.verifiedBy ?? 'restore']}`)
  return manifest
}

async function proved(site: Site, backup: Examined, rows: Manifest['rows']): Promise<Manifest> {
  const proof = { verifiedAt: Date.now() }
  const { manifest } = backup
  if (manifest) return { ...manifest, ...proof, verifiedBy: manifest.content ? 'content' : 'rows' }
  const unknown = { ms: 0, databaseBytes: 0, postgres: '', pgDump: '', reason: 'manual' } as const
  return {
    ...unknown,
    ...(await digestOf(backup.file)),
    ...{ file: basename(backup.file), at: stampedAt(backup.file) ?? Date.now() },
    ...{ run: site.runId, who: site.who, database: site.environment.database.name },
    ...{ schema: backup.schema, rows, ...proof, verifiedBy: 'restore' },
  }
}
