import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type backupOptions, backupWanted } from '../../../lib/backup/options.ts'
import type { Parsed } from '../../../lib/base/options.ts'
import { failureOf, withVariables } from '../fixtures.ts'

type Given = Partial<Parsed<typeof backupOptions>>
const nothing = { list: false, pull: false, drill: false, schedule: false, scheduled: false, compress: false }
const wantedOf = (given: Given) =>
  backupWanted({ ...nothing, 'no-uploads': false, verify: undefined, to: undefined, ...given })

const url = 'sftp://ada@backup.example/tracehub'
const offsite = {
  destination: { user: 'ada', host: 'backup.example', port: 22 },
  directory: '/tracehub',
  url,
}
const usual = {
  do: 'back up',
  reason: 'manual',
  uploads: true,
  verified: false,
  compressed: false,
  offsite: undefined,
}

const options = suite('backup: what is asked of it')

const understood: [what: string, given: Given, wanted: unknown][] = [
  ['nothing: a backup', {}, usual],
  ['--verify: a verified one', { verify: 'new' }, { ...usual, verified: true }],
  [
    'without uploads, compressed, at night',
    { 'no-uploads': true, compress: true, scheduled: true },
    { ...usual, reason: 'scheduled', uploads: false, compressed: true },
  ],
  ['--to: a copy elsewhere', { to: url }, { ...usual, offsite }],
  ['--pull', { pull: true, to: url }, { do: 'pull', from: offsite }],
  ['--verify <file>', { verify: 'a.sql' }, { do: 'verify', file: 'a.sql', offsite: undefined }],
  ['--verify <file> --to', { verify: 'a.sql', to: url }, { do: 'verify', file: 'a.sql', offsite }],
  [
    '--schedule: every night as it is asked for now',
    { schedule: true, verify: 'new', compress: true, 'no-uploads': true, to: url },
    { do: 'schedule', words: ['--verify', '--compress', '--no-uploads', '--to', url] },
  ],
  ['--list', { list: true }, { do: 'list' }],
  ['--drill', { drill: true }, { do: 'drill' }],
]
for (const [what, given, wanted] of understood) options(what, () => assert.equal(wantedOf(given), wanted))

options('BACKUP_SFTP_URL: every new backup goes there; one that is only to be verified stays', () =>
  withVariables({ BACKUP_SFTP_URL: url }, () => {
    assert.equal(wantedOf({}), { ...usual, offsite })
    assert.equal(wantedOf({ pull: true }), { do: 'pull', from: offsite })
    assert.equal(wantedOf({ verify: 'a.sql' }), { do: 'verify', file: 'a.sql', offsite: undefined })
  }),
)

const refused: [given: Given, why: string][] = [
  [{ pull: true, drill: true }, '--pull and --drill do not go together'],
  [{ drill: true, verify: 'a.sql' }, '--drill and --verify <file> do not go together'],
  [{ verify: 'a.sql', compress: true }, '--verify <file> makes no backup'],
  [{ list: true, 'no-uploads': true }, '--list makes no backup'],
  [{ pull: true }, '--pull needs an address'],
  [{ to: 'https://h/dir' }, '--to is "https://h/dir"'],
]
for (const [given, why] of refused)
  options(`refused: ${why}`, async () => {
    const { exitCode, what } = await failureOf(() => wantedOf(given))
    assert.equal([exitCode, what], [2, why])
  })

options.run()
