import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listBackups, removeBackup } from '../../../lib/backup/list.ts'
import { writeManifest } from '../../../lib/backup/manifest.ts'
import { environmentIn, inTemporary } from '../fixtures.ts'
import { manifest } from './fixtures.ts'

const removing = suite('backups: one that may go')
const at = Date.parse('2026-01-03T12:00:00Z')

const left = (uploads: string): Promise<string[]> =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const backups = join(directory, 'backups')
    mkdirSync(join(backups, 'uploads_20260103_120000', 'deep'), { recursive: true })
    mkdirSync(join(directory, 'uploads'))
    const about = manifest(at, { uploads: { directory: uploads, files: 1, bytes: 1 } })
    for (const name of [about.file, 'uploads_20260103_120000/deep/file', 'backup_20260101_120000.sql'])
      writeFileSync(join(backups, name), 'x')
    writeManifest(backups, about)
    const [backup] = listBackups(environment)
    if (backup) removeBackup(environment, backup)
    return [...readdirSync(backups), ...readdirSync(directory)].sort()
  })

removing('goes with its manifest and its uploads', async () => {
  assert.equal(await left('uploads_20260103_120000'), ['backup_20260101_120000.sql', 'backups', 'uploads'])
})

removing('a manifest that somebody changed cannot lead anywhere else', async () => {
  const all = ['backup_20260101_120000.sql', 'backups', 'uploads', 'uploads_20260103_120000']
  for (const path of ['../uploads', '/', '.', 'uploads_20260103_120000/../../uploads'])
    assert.equal(await left(path), all, path)
})

removing.run()
