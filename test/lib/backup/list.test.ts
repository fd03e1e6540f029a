import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isVerified, listBackups } from '../../../lib/backup/list.ts'
import {
  backupName,
  manifestFile,
  parseManifest,
  readManifest,
  stampedAt,
  stemOf,
  writeManifest,
} from '../../../lib/backup/manifest.ts'
import { environmentIn, inTemporary } from '../fixtures.ts'
import { manifest } from './fixtures.ts'

const naming = suite('backups: the documented name')

naming('is the time, UTC', () => {
  assert.is(backupName(new Date('2026-01-03T12:00:00.999Z')), 'backup_20260103_120000')
  assert.is(backupName(new Date('2026-01-03T23:59:59+02:00')), 'backup_20260103_215959')
})

naming('and the time is read from it', () => {
  assert.is(stampedAt('backup_20260103_120000.sql'), Date.parse('2026-01-03T12:00:00Z'))
  assert.is(stampedAt('tracehub_before_20260103_120000'), Date.parse('2026-01-03T12:00:00Z'))
  for (const name of ['backup.sql', 'backup_20261303_120000.sql', 'backup_2026_12.sql'])
    assert.is(stampedAt(name), undefined, name)
})

naming('compressing changes the ending alone', () => {
  for (const name of ['a.sql', 'a.sql.gz', 'a.sql.zst', '/x/a.dump']) assert.is(stemOf(name), 'a')
})

naming.run()

const listing = suite('backups: what there is to restore')
const at = Date.parse('2026-01-03T12:00:00Z')

listing('with and without a manifest, newest first; nothing else', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    assert.equal(listBackups(environment), [])
    const backups = join(directory, 'backups')
    mkdirSync(join(backups, 'a-directory.sql'), { recursive: true })
    for (const name of ['notes.txt', 'backup_20260104_120000.sql.partial', 'backup_20260103_120000.json'])
      writeFileSync(join(backups, name), '')
    for (const name of ['backup_20260101_120000.sql.gz', 'backup_20260102_120000.sql.zst', 'by-hand.dump'])
      writeFileSync(join(backups, name), 'x')
    utimesSync(join(backups, 'by-hand.dump'), 1, 1)
    const mine = manifest(at, { bytes: 3, verifiedAt: at })
    writeFileSync(join(backups, mine.file), 'abc')
    writeManifest(backups, mine)
    const [newest, ...older] = listBackups(environment)
    assert.equal(newest, { name: mine.file, file: join(backups, mine.file), bytes: 3, at, manifest: mine })
    assert.equal(
      older.map(({ name, manifest }) => [name, manifest]),
      [
        ['backup_20260102_120000.sql.zst', undefined],
        ['backup_20260101_120000.sql.gz', undefined],
        ['by-hand.dump', undefined],
      ],
    )
    assert.ok(newest && isVerified(newest))
    truncateSync(join(backups, mine.file), 2)
    assert.not.ok(listBackups(environment).some(isVerified), 'a proof of another file is none')
  }),
)

listing('a manifest is about one file', () =>
  inTemporary(directory => {
    writeManifest(directory, manifest(at))
    assert.is(readManifest(directory, 'backup_20260103_120000.sql')?.who, 'ada')
    assert.is(readManifest(directory, 'backup_20260103_120000.sql.zst'), undefined)
    assert.is(manifestFile('/b', 'backup_1.sql.zst'), '/b/backup_1.json')
  }),
)

listing('a damaged manifest is none, an older one has harmless values', () => {
  const { file, sha256, bytes } = manifest(at)
  for (const text of [
    '',
    'null',
    '[]',
    '{"file":',
    '{"file":"a.sql"}',
    JSON.stringify({ file, sha256: 'x', bytes, at }),
    JSON.stringify({ file: `../${file}`, sha256, bytes, at }),
  ])
    assert.is(parseManifest(text), undefined, text)
  const asWritten = (v: object) => JSON.stringify({ ...v, file, sha256, bytes, at })
  for (const v of [{}, { v: 1 }]) assert.equal(parseManifest(asWritten(v))?.rows, {})
  assert.is(parseManifest(asWritten({ v: 2 })), undefined, 'a newer toolkit may mean something else by it')
})

listing('a manifest names the copy of the uploads that is its own, or none', () => {
  const { file, sha256, bytes } = manifest(at)
  const own = file.replace(/^backup_(.*)\.sql$/, 'uploads_$1')
  const named = (directory: string): string | undefined => {
    const uploads = { directory, files: 1, bytes: 1 }
    return parseManifest(JSON.stringify({ file, sha256, bytes, at, uploads }))?.uploads?.directory
  }
  assert.is(named(own), own)
  for (const other of ['uploads_20240101_000000', '../uploads', file, '']) assert.is(named(other), undefined)
})

listing.run()
