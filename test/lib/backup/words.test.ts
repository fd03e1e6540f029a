import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findGiven, newestToRestore } from '../../../lib/backup/list.ts'
import { backupTable } from '../../../lib/backup/result.ts'
import { scheduleText } from '../../../lib/backup/schedule.ts'
import type { RunEvent } from '../../../lib/run/events.ts'
import { quietRenderer } from '../../../lib/run/output/choose.ts'
import { environmentIn, failureOf, inTemporary } from '../fixtures.ts'
import { backup } from './fixtures.ts'

const at = Date.parse('2026-01-03T12:00:00Z')
const choosing = suite('backups: which one a rollback takes')

choosing('the newest verified one; else the newest with a manifest', async () => {
  const [newer, verified] = [backup(at + 1000), backup(at, { verifiedAt: at })]
  const bare = { ...backup(at + 2000), manifest: undefined }
  const now = at + 5000
  assert.is(newestToRestore([bare, newer, verified], now), verified)
  assert.is(newestToRestore([bare, newer], now), newer)
  assert.is(newestToRestore([bare], now), bare)
  assert.is((await failureOf(() => newestToRestore([], now))).what, 'there is no backup')
})

choosing(
  'one from the future never by itself, verified or not; were there no other, it is named',
  async () => {
    const future = backup(at + 3_600_000, { verifiedAt: at })
    const older = backup(at)
    assert.is(newestToRestore([future, older], at + 1000), older)
    const { what, fix } = await failureOf(() => newestToRestore([future], at))
    const says = 'backup_20260103_130000.sql says it is from 2026-01-03T13:00:00.000Z, which has not come'
    assert.is(what, `${says}: it is never chosen by itself`)
    assert.match(fix ?? '', '-b backups/backup_20260103_130000.sql restores it all the same')
    assert.is(
      newestToRestore([future, older], at + 3_600_000 - 60_000),
      future,
      'two clocks may differ a little',
    )
    assert.match(backupTable([future], at), /130000\.sql +in the future +1000 B/)
  },
)

choosing('a file is found as it is typed in the environment, or by its name alone', () =>
  inTemporary(async directory => {
    const environment = environmentIn(directory)
    mkdirSync(join(directory, 'backups'))
    const file = join(directory, 'backups', "it's $(odd).sql")
    writeFileSync(file, '')
    for (const given of ["it's $(odd).sql", "backups/it's $(odd).sql", file])
      assert.is(findGiven(environment, given), file)
    const { exitCode, what } = await failureOf(() => findGiven(environment, '-rf\n'))
    assert.equal([exitCode, what], [2, 'there is no file "-rf\\n"'])
  }),
)

choosing.run()

const listing = suite('backups: the list')

listing('says of each what it is', () => {
  const table = backupTable(
    [
      backup(at, { verifiedAt: at, verifiedBy: 'content', release: 7, tag: 'main-7' }),
      backup(at - 60_000, { schema: null, uploads: { directory: 'uploads_1', files: 3, bytes: 9 } }),
      { ...backup(at - 3_600_000), manifest: undefined },
    ],
    at + 5000,
  )
  assert.is(
    table,
    [
      'backup                      age             size    schema    release   uploads  why     proof',
      'backup_20260103_120000.sql  5.0 s ago       1000 B  a1b2c3d4  7 main-7  -        manual  verified by content',
      'backup_20260103_115900.sql  1 min 05 s ago  1000 B  empty     -         3        manual  not verified',
      'backup_20260103_110000.sql  1 h 00 min ago  1000 B  ?         -         -        -       no manifest',
    ].join('\n'),
  )
  assert.is(backupTable([], at), 'no backups yet')
})

listing.run()

const schedule = suite('backups: every night')

schedule('a line for cron and a timer for systemd, whatever the path', () => {
  const text = scheduleText('production', "/opt/it's 100% ours", ['--verify'])
  assert.match(
    text,
    String.raw`cd '/opt/it'\''s 100\% ours' && npx tsx scripts/backup.ts -e production --scheduled --verify`,
  )
  assert.match(text, "WorkingDirectory=/opt/it's 100%% ours\n")
  assert.match(text, 'OnCalendar=*-*-* 03:17:00')
})

const events = (exitCode: number, warning: boolean): RunEvent[] => [
  { type: 'note', at, text: 'one' },
  ...(warning ? [{ type: 'warning', at, problem: { what: 'two' } } as const] : []),
  { type: 'run-finished', at, ms: 1, outcome: exitCode === 0 ? 'done' : 'failed', exitCode },
]
for (const [what, given, heard] of [
  ['nothing where all is well', events(0, false), 0],
  ['everything where it failed', events(1, false), 2],
  ['everything where it warned', events(0, true), 3],
] as const)
  schedule(`a scheduled run says ${what}`, () => {
    const said: RunEvent[] = []
    const listen = quietRenderer(event => void said.push(event))
    for (const event of given) listen(event)
    assert.is(said.length, heard)
  })

schedule.run()
