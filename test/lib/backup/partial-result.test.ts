import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { elseLacking } from '../../../lib/backup/result.ts'
import { describeProblem, Failure } from '../../../lib/base/failure.ts'
import { failureOf } from '../fixtures.ts'
import { manifest } from './fixtures.ts'

const at = Date.parse('2026-01-03T12:00:00Z')
const words = { lacking: 'NOT offsite', next: 'then copy it: backup.ts --to …' }
const lacking = suite('a backup that is complete, and something after it fails')

lacking(
  'the message says that it is here, what it lacks, why, and what to do; exit code 5, for it is here',
  async () => {
    const failed = await failureOf(() =>
      elseLacking(manifest(at), words, async () => {
        throw new Failure({ what: 'the host is down', detail: 'ECONNREFUSED', fix: 'start it' })
      }),
    )
    assert.is(failed.exitCode, 5)
    assert.is(
      describeProblem(failed),
      [
        'backups/backup_20260103_120000.sql is here, complete, but NOT offsite: the host is down',
        '  ECONNREFUSED',
        '→ start it',
        '  then copy it: backup.ts --to …',
      ].join('\n'),
    )
  },
)

lacking('one that was verified is said to be', async () => {
  const { what, fix } = await failureOf(() =>
    elseLacking(manifest(at, { verifiedAt: at, verifiedBy: 'content' }), words, async () => {
      throw new Error('no such file')
    }),
  )
  assert.is(what, 'backups/backup_20260103_120000.sql is here, verified, but NOT offsite: no such file')
  assert.is(fix, words.next)
})

lacking('nothing fails: nothing is said', async () =>
  assert.is(await elseLacking(manifest(at), words, async () => 'done'), 'done'),
)

lacking.run()
