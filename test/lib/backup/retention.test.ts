import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backup } from '../../../lib/backup/list.ts'
import { backupName } from '../../../lib/backup/manifest.ts'
import { backupsToRemove } from '../../../lib/backup/retention.ts'
import { backup } from './fixtures.ts'

const hour = 60 * 60_000
const day = 24 * hour
const start = Date.parse('2026-01-01T12:00:00Z') // a Thursday
const now = start + 90 * day

/** One backup each so many ms, newest first. */
const every = (ms: number, count: number): Backup[] =>
  Array.from({ length: count }, (_, i) => backup(start + i * ms)).reverse()

const kept = (
  backups: readonly Backup[],
  retention: Parameters<typeof backupsToRemove>[1],
  referred: string[] = [],
) => {
  const gone = new Set(backupsToRemove(backups, retention, referred, now))
  return backups.filter(one => !gone.has(one)).map(({ name }) => name.slice('backup_'.length, -'.sql'.length))
}

const retention = suite('retention: which backups stay')

retention('the newest ten, as documented', () => {
  const backups = every(hour, 14)
  assert.equal(
    backupsToRemove(backups, { last: 10 }, [], now).map(({ name }) => name),
    [
      'backup_20260101_120000.sql',
      'backup_20260101_130000.sql',
      'backup_20260101_140000.sql',
      'backup_20260101_150000.sql',
    ],
  )
  assert.equal(backupsToRemove(every(hour, 10), { last: 10 }, [], now), [])
  assert.equal(backupsToRemove([], { last: 10 }, [], now), [])
})

retention('never the last one, whatever was asked', () => {
  assert.equal(kept(every(hour, 3), { last: 0 }), ['20260101_140000'])
})

retention('the newest of each day, week and month beside them', () => {
  const backups = every(12 * hour, 120) // 60 days: until the end of February
  assert.equal(kept(backups, { last: 1, daily: 3 }), [
    '20260302_000000',
    '20260301_120000',
    '20260228_120000',
  ])
  assert.equal(kept(backups, { last: 1, weekly: 2 }), ['20260302_000000', '20260301_120000'])
  assert.equal(kept(backups, { last: 1, monthly: 9 }), [
    '20260302_000000',
    '20260228_120000',
    '20260131_120000',
  ])
})

retention('days without a backup do not count', () => {
  assert.equal(kept(every(10 * day, 4), { last: 1, daily: 3 }), [
    '20260131_120000',
    '20260121_120000',
    '20260111_120000',
  ])
})

retention('never the newest verified one', () => {
  const verified = backup(start, { verifiedAt: start })
  const older = backup(start - hour, { verifiedAt: start })
  const backups = [...every(hour, 5).slice(0, 4), verified, older]
  assert.equal(kept(backups, { last: 2 }), ['20260101_160000', '20260101_150000', '20260101_120000'])
})

retention('a proof of a file that was cut off since is none', () => {
  const damaged = { ...backup(start + hour, { verifiedAt: start }), bytes: 1 }
  const backups = [backup(start + 2 * hour), damaged, backup(start, { verifiedAt: start })]
  assert.equal(kept(backups, { last: 1 }), ['20260101_140000', '20260101_120000'])
})

retention('never one that a release refers to, also when it was compressed since', () => {
  const backups = every(hour, 5).map(one => ({ ...one, name: `${one.name}.zst` }))
  assert.equal(
    backupsToRemove(backups, { last: 1 }, ['backup_20260101_130000.sql'], now).map(({ name }) => name),
    [12, 14, 15].map(hours => `${backupName(new Date(start + (hours - 12) * hour))}.sql.zst`),
  )
})

retention('never what the toolkit did not name', () => {
  const backups = [...every(hour, 2), { ...backup(start - day), name: 'before-the-move.sql' }]
  assert.equal(
    backupsToRemove(backups, { last: 1 }, [], now).map(({ name }) => name),
    ['backup_20260101_120000.sql'],
  )
})

retention('a day of many deploys does not push the nightly ones out, nor the other way round', () => {
  const deploys = Array.from({ length: 12 }, (_, i) => backup(start + i * hour, { reason: 'pre-deploy' }))
  const nightly = [1, 2, 3].map(days => backup(start - days * day, { reason: 'scheduled' }))
  const all = [...deploys.toReversed(), ...nightly]
  const stays = kept(all, { last: 2, preDeploy: 1 })
  assert.equal(stays, ['20260101_230000', '20251231_120000', '20251230_120000'])
  assert.is(kept(all, { last: 2 }).length, 4, 'as many of each, unless told')
  assert.equal(kept(all, { last: 1, preDeploy: 0 }), ['20260101_230000', '20251231_120000'])
})

retention('one of each day is a nightly one, also where a deploy came after it', () => {
  const all = [backup(start + hour, { reason: 'pre-deploy' }), backup(start, { reason: 'scheduled' })]
  assert.is(kept([...all, backup(start - day)], { last: 0, preDeploy: 0, daily: 1 }).length, 2)
})

retention('one from the future is not counted, and stays until somebody has looked', () => {
  const future = backup(now + 365 * day, { verifiedAt: now })
  const verified = backup(start, { verifiedAt: start })
  const all = [future, ...every(hour, 3).slice(0, 2), verified]
  assert.equal(kept(all, { last: 1 }), ['20270401_120000', '20260101_140000', '20260101_120000'])
})

retention.run()
