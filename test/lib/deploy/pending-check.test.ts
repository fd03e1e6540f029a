import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../../lib/base/failure.ts'
import { assertSafe, type Judgement, orUnchecked, withWayOut } from '../../../lib/deploy/pending-check.ts'
import type { Finding, Level } from '../../../lib/migrate-check/finding.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import type { NewEvent } from '../../../lib/run/events.ts'
import { Run } from '../../../lib/run/run.ts'
import { failureOf } from '../fixtures.ts'

const finding = (level: Level): Finding => ({
  id: 'safe.drop-column',
  level,
  file: 'alembic/versions/x.py',
  line: 16,
  revision: 'c3',
  what: 'drops the column public.shipments.weight',
  why: 'It is used in app/models.py:3.',
  fix: 'first release a version that no longer uses it',
})

function demand(levels: readonly Level[], accepted: boolean, allowed: Judgement['allowed'] = []): NewEvent[] {
  const events: NewEvent[] = []
  const site = { run: new Run({ write: event => void events.push(event) }) } as unknown as Site // all that it uses
  const judgement: Judgement = { verdicts: [], findings: levels.map(finding), allowed }
  assertSafe(site, judgement, accepted)
  return events
}

const deploy = suite('pending-check: what stops a deploy')
for (const level of ['error', 'blocks'] as const)
  deploy(`${level}: refused with file, line, why and what to do; nothing was changed`, async () => {
    const { exitCode, what, detail, fix } = await failureOf(() => demand([level], false))
    assert.equal([exitCode, what], [1, '1 finding in the pending migrations would hurt'])
    assert.match(`${detail}`, 'alembic/versions/x.py:16: drops the column public.shipments.weight')
    assert.match(`${detail}`, 'It is used in app/models.py:3.\n→ first release')
    assert.match(`${fix}`, '--accept-migrations')
  })
deploy('accepted: it goes on and says so loudly', () => {
  const [event] = demand(['blocks'], true)
  assert.ok(event?.type === 'warning')
  assert.match(event.problem.what, /^MIGRATIONS ACCEPTED: --accept-migrations was given, although 1 finding/)
})
deploy('a warning is said, and stops nothing', () => {
  assert.equal(
    demand(['warning', 'note'], false).map(({ type }) => type),
    ['warning'],
  )
})
deploy('what a migration allows itself is shown with the reason, and stops nothing', () => {
  const [event] = demand([], false, [{ finding: finding('blocks'), reason: 'no release since May reads it' }])
  assert.ok(event?.type === 'note')
  assert.match(event.text, 'safe.drop-column  alembic/versions/x.py:16: drops the column')
  assert.match(event.text, '\n      allowed in the migration: no release since May reads it')
})
deploy('a check that cannot be made: what is pending may be run unchecked', () => {
  const fixOf = (fix?: string) => withWayOut(new Failure({ what: 'x', fix })).fix
  assert.is(fixOf(), orUnchecked)
  assert.is(fixOf(orUnchecked), orUnchecked)
  assert.match(
    `${fixOf('add psycopg2')}`,
    /^add psycopg2\nor run what is pending unchecked, once: --accept-migrations$/,
  )
})
deploy.run()
