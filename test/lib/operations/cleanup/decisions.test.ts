import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isVerified } from '../../../../lib/backup/list.ts'
import { stemOf } from '../../../../lib/backup/manifest.ts'
import { compressible, halfDone, oldBackups } from '../../../../lib/operations/cleanup/backups.ts'
import {
  containersToRemove,
  databasesToDrop,
  parseDatabases,
} from '../../../../lib/operations/cleanup/containers.ts'
import type { FoundFile } from '../../../../lib/operations/cleanup/files.ts'
import type { HostContainer } from '../../../../lib/operations/cleanup/host.ts'
import { oldLogs, oldRunLogs } from '../../../../lib/operations/cleanup/logs.ts'
import { backup } from '../../backup/fixtures.ts'
import { day } from '../../fixtures.ts'

const now = Date.UTC(2026, 0, 31)
const file = (path: string, age: number): FoundFile => ({
  path: `/env/${path}`,
  bytes: 10,
  changedAt: now - age,
  inode: 1,
  device: 1,
})

const logs = suite('cleanup: logs')

const names: [name: string, goes: boolean][] = [
  ['logs/app.log', true],
  ['logs/nginx/access.log', true],
  ['logs/app.log.1', true],
  ['logs/app.log.2.gz', true],
  ['logs/incidents/20260103.md', false],
  ['logs/app.log.pid', false],
  ['logs/catalog', false],
  ['logs/runs/20260101-000000.000-deploy.jsonl', false],
]
for (const [name, goes] of names)
  logs(`${name} ${goes ? 'goes' : 'stays'}`, () =>
    assert.is(oldLogs('/env', [file(name, 31 * day)], 30 * day, now).length, goes ? 1 : 0),
  )
logs('one that was written to within the window stays', () =>
  assert.equal(oldLogs('/env', [file('logs/app.log', 29 * day)], 30 * day, now), []),
)

const runName = (number: number): string => `20250101-0000${String(number).padStart(2, '0')}.000-deploy`
const runLogs = Array.from({ length: 30 }, (_, i) => file(`logs/runs/${runName(i)}.jsonl`, 60 * day))
logs('of run logs the newest twenty stay, whatever their age', () => {
  const gone = oldRunLogs('/env', runLogs, { window: 30 * day, now, keptRuns: new Set() })
  assert.is(gone.length, 10)
  assert.not(gone.some(({ name }) => name.includes(runName(10))))
})
logs("the log of a kept release's run stays", () => {
  const gone = oldRunLogs('/env', runLogs, { window: 30 * day, now, keptRuns: new Set([runName(3)]) })
  assert.is(gone.length, 9)
  assert.not(gone.some(({ name }) => name.includes(runName(3))))
})
logs.run()

const backups = suite('cleanup: backups')
const there = (all: readonly ReturnType<typeof backup>[]) => ({
  root: '/env',
  backups: all.map(one => ({ ...one, file: `/env/backups/${one.name}` })),
  files: all.flatMap(one => [
    file(`backups/${one.name}`, now - one.at),
    file(`backups/${stemOf(one.name)}.json`, now - one.at),
  ]),
  now,
})

backups('one beyond the retention goes with its manifest', () => {
  const [gone] = oldBackups(there([backup(now - day), backup(now - 2 * day)]), { last: 1 }, [])
  assert.equal(
    gone?.files?.map(({ path }) => path),
    ['/env/backups/backup_20260129_000000.sql', '/env/backups/backup_20260129_000000.json'],
  )
})
backups('one that is a link is not counted and not removed', () => {
  const known = there([backup(now - day), backup(now - 2 * day)])
  const files = known.files.filter(({ path }) => !path.includes('20260130'))
  assert.equal(oldBackups({ ...known, files }, { last: 1 }, []), [])
})
backups('its copy of the uploads is counted', () => {
  const uploads = { directory: 'uploads_20260129_000000', files: 1, bytes: 5000 }
  const [gone] = oldBackups(there([backup(now - day), backup(now - 2 * day, { uploads })]), { last: 1 }, [])
  assert.is(gone?.bytes, 5020)
})
backups('never the last verified one, never one that a kept release refers to', () => {
  const some = fc.uniqueArray(
    fc.record({ age: fc.integer({ min: 0, max: 400 }), verified: fc.boolean(), referred: fc.boolean() }),
    { selector: ({ age }) => age, maxLength: 40 },
  )
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 12 }), (found, last) => {
      const all = found.map(one => ({
        ...one,
        backup: backup(now - one.age * day, one.verified ? { verifiedAt: now } : {}),
      }))
      const referred = all.filter(one => one.referred).map(one => one.backup.name)
      const gone = new Set(
        oldBackups(there(all.map(one => one.backup)), { last }, referred).map(({ name }) => name),
      )
      const newestFirst = all.map(one => one.backup).sort((a, b) => b.at - a.at)
      const verified = newestFirst.find(isVerified)
      const stays = [...newestFirst.slice(0, last).map(({ name }) => name), ...referred, verified?.name]
      for (const name of stays) assert.not(gone.has(`backups/${name}`), name)
    }),
  )
})
backups('plain ones are compressed when they are old and stay', () => {
  const [fresh, old, going] = [backup(now - day), backup(now - 5 * day), backup(now - 9 * day)]
  const packed = { ...backup(now - 6 * day), name: 'backup_20260125_000000.sql.zst' }
  const known = there([fresh, old, going, packed])
  const found = compressible(known, 2 * day, new Set([`/env/backups/${going.name}`]))
  assert.equal(
    found.map(({ name }) => name),
    [`backups/${old.name}`],
  )
})
backups('a half file is a leftover, and so is a dump whose compressed twin has its manifest', () => {
  const old = backup(now - 5 * day)
  const twin = backup(now - 5 * day, { file: `${old.name}.gz` })
  const known = there([{ ...old, manifest: undefined }, twin])
  const half = { ...known, files: [...known.files, file('backups/backup_20260131_000000.sql.partial', 0)] }
  assert.equal(
    halfDone(half).map(({ name }) => name),
    [`backups/${old.name}`, 'backups/backup_20260131_000000.sql.partial'],
  )
})
backups.run()

const containers = suite('cleanup: containers')
const stopped = (service: string, changes: Partial<HostContainer> = {}): HostContainer => ({
  ...{ id: service, name: service, image: 'sha256:1', project: 'p', service, isOneOff: false },
  ...{ directory: '/srv/p', status: 'exited', stoppedAt: now - 8 * day },
  ...changes,
})
const going = (container: HostContainer, live: 'blue' | null = 'blue'): number =>
  containersToRemove([container], { project: 'p', live, window: 7 * day, now }).length

containers('the colour that users left long ago goes', () => assert.is(going(stopped('backend-green')), 1))
containers('the colour that users are on stays, even when it is down', () =>
  assert.is(going(stopped('backend-blue')), 0),
)
containers('within its window it stays', () =>
  assert.is(going(stopped('backend-green', { stoppedAt: now - 6 * day })), 0),
)
containers('one that runs stays', () => assert.is(going(stopped('backend-green', { status: 'running' })), 0))
containers('the database and the proxy stay', () =>
  assert.is(going(stopped('db')) + going(stopped('proxy')), 0),
)
containers("another project's stays", () => assert.is(going(stopped('backend-green', { project: 'q' })), 0))
containers('while nobody knows who is live, all stay', () =>
  assert.is(going(stopped('backend-green'), null), 0),
)
containers('a one-off one that has ended goes; one at work stays', () => {
  assert.is(going(stopped('backend-blue', { isOneOff: true })), 1)
  assert.is(going(stopped('backend-blue', { isOneOff: true, status: 'running' })), 0)
})
containers.run()

const databases = suite('cleanup: databases')
const drops: [name: string, goes: boolean][] = [
  ['tracehub', false],
  ['tracehub_before_20260101_120000', true],
  ['tracehub_before_20260129_120000', false], // within its window
  ['tracehub_before_2026', false],
  ['tracehub_before_20260101_120000_keep', false],
  ['tracehub_scratch_20260131_000000', true],
  ['tracehubs_scratch_1', false],
  ['other_scratch_1', false],
  ['xtracehub_scratch_1', false],
  ['postgres', false],
]
for (const [name, goes] of drops)
  databases(`${name} ${goes ? 'goes' : 'stays'}`, () =>
    assert.is(
      databasesToDrop([{ name, bytes: 1 }], { name: 'tracehub', window: 14 * day, now }).length,
      goes ? 1 : 0,
    ),
  )
databases('whatever it is called: the own database and those of others stay', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (name, own) => {
      const gone = databasesToDrop([{ name, bytes: 1 }], { name: own, window: 0, now })
      if (!name.startsWith(`${own}_scratch_`) && !name.startsWith(`${own}_before_`)) assert.equal(gone, [])
      assert.equal(databasesToDrop([{ name: own, bytes: 1 }], { name: own, window: 0, now }), [])
    }),
  )
})
databases('a name with a bar is read as it is', () => {
  assert.equal(parseDatabases('a|b|12\n'), [{ name: 'a|b', bytes: 12 }])
})
databases.run()
