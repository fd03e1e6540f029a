import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure, type Problem } from '../../../lib/base/failure.ts'
import { isCrowded } from '../../../lib/database/connections.ts'
import { revisionIfCrowded } from '../../../lib/deploy/crowded.ts'
import { recordRelease } from '../../../lib/environment/releases.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import { environmentIn, failureOf, inTemporary, release } from '../fixtures.ts'

const crowded = suite('a database that takes no more connections')

const refused = (detail: string): Failure =>
  new Failure({ what: 'the database tracehub refused a query', detail })
const full = refused(
  'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  sorry, too many clients already',
)

for (const [detail, is] of [
  [full.detail, true],
  ['FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute', true],
  ['FATAL:  too many connections for role "tracehub"', true],
  ['FATAL:  database "tracehub" does not exist', false],
] as const)
  crowded(`${is ? 'crowded' : 'something else'}: ${detail}`, () =>
    assert.is(isCrowded(refused(detail ?? '')), is),
  )

/** All that it uses. */
const siteIn = (directory: string, warnings: Problem[]): Site =>
  ({
    environment: environmentIn(directory),
    run: { warn: (problem: Problem) => void warnings.push(problem) },
  }) as unknown as Site

crowded('the revision is then the one of the history, and that is said', () =>
  inTemporary(async directory => {
    const warnings: Problem[] = []
    const site = siteIn(directory, warnings)
    const refuses = (): Promise<never> => Promise.reject(full)
    assert.is(await failureOf(() => revisionIfCrowded(site, refuses)), full, 'nothing was recorded yet')
    recordRelease(site.environment, release(3))
    assert.is(await revisionIfCrowded(site, refuses), 'rev3')
    assert.equal(warnings, [
      {
        what: 'no connection to the database is left: by the history its schema is at rev3',
        detail: full.detail,
      },
    ])
    assert.is(await revisionIfCrowded(site, () => Promise.resolve('rev4')), 'rev4')
    const down = new Failure({ what: 'the database is down: db is paused' })
    assert.is(await failureOf(() => revisionIfCrowded(site, () => Promise.reject(down))), down)
  }),
)

crowded.run()
