import type { Backup } from '../../../lib/backup/list.ts'
import { backupName, type Manifest } from '../../../lib/backup/manifest.ts'

export function manifest(at: number, changes: Partial<Manifest> = {}): Manifest {
  return {
    file: `${backupName(new Date(at))}.sql`,
    sha256: '0'.repeat(64),
    bytes: 1000,
    at,
    ms: 1200,
    reason: 'manual',
    run: 'run-1',
    who: 'ada',
    database: 'tracehub',
    databaseBytes: 8_000_000,
    postgres: '17.5',
    pgDump: '17.5',
    schema: 'a1b2c3d4',
    rows: { 'public.shipments': 12 },
    ...changes,
  }
}

export function backup(at: number, changes: Partial<Manifest> = {}): Backup {
  const about = manifest(at, changes)
  return { name: about.file, file: `/backups/${about.file}`, bytes: about.bytes, at, manifest: about }
}
