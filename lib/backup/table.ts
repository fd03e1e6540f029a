import { bytes, columns, duration } from '../base/text.ts'
import { type Backup, isFromFuture, isProved } from './list.ts'

/** All backups, newest first, for a person. */
export function backupTable(backups: readonly Backup[], now: number): string {
  if (backups.length === 0) return 'no backups yet'
  const rows = backups.map(backup => {
    const { name, at, manifest } = backup
    return [
      name,
      isFromFuture(backup, now) ? 'in the future' : `${duration(Math.max(0, now - at))} ago`,
      bytes(backup.bytes),
      manifest ? (manifest.schema ?? 'empty') : '?',
      manifest?.release === undefined ? '-' : `${manifest.release} ${manifest.tag}`,
      manifest?.uploads ? String(manifest.uploads.files) : '-',
      manifest?.reason ?? '-',
      isProved(backup) ? `proved by ${manifest?.verifiedBy}` : manifest ? 'not proved' : 'no manifest',
    ]
  })
  return columns([['backup', 'age', 'size', 'schema', 'release', 'uploads', 'why', 'proof'], ...rows])
}
