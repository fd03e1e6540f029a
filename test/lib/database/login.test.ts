import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ran } from '../../../lib/base/shell.ts'
import { untilLetIn } from '../../../lib/database/connections.ts'
import { loginFor } from '../../../lib/database/login.ts'
import { environmentIn } from '../fixtures.ts'

const own = suite("the application's own login")

const cases: readonly [what: string, live: { user: string; password: string } | undefined, login: string][] =
  [
    ['nothing is live', undefined, 'keeper_app_1'],
    ['the live version is the owner', { user: 'keeper', password: 'now' }, 'keeper_app_1'],
    ['a rotation of before', { user: 'keeper_rotated_1', password: 'now' }, 'keeper_app_1'],
    ['it has one', { user: 'keeper_app_1', password: 'now' }, 'keeper_app_1'],
    ['it has the other', { user: 'keeper_app_2', password: 'now' }, 'keeper_app_2'],
    ['another password', { user: 'keeper_app_1', password: 'before' }, 'keeper_app_2'],
    ['another password, the other login', { user: 'keeper_app_2', password: 'before' }, 'keeper_app_1'],
  ]
for (const [what, live, login] of cases)
  own(`${what}: the version to come is ${login}`, () =>
    assert.is(loginFor(environmentIn('/x'), live, 'now'), login),
  )

const full: Ran = { ok: false, code: 2, stdout: '', stderr: 'FATAL:  sorry, too many clients already' }
const done: Ran = { ok: true, code: 0, stdout: '1', stderr: '' }

/** Answers one after the other, the last for ever. @returns what came of it, and how often it was asked. */
async function asking(...answers: readonly Ran[]): Promise<readonly [Ran, number]> {
  let asked = 0
  const ran = await untilLetIn(() => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? full))
  return [ran, asked]
}

own('who is refused a connection asks again, not for ever, and for nothing else', async () => {
  assert.equal(await asking(full, full, done), [done, 3])
  assert.equal(await asking(full), [full, 4])
  const other = { ...full, stderr: 'FATAL:  database "tracehub" does not exist' }
  assert.equal(await asking(other, done), [other, 1])
})

own.run()
