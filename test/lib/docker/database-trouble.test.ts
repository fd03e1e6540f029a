import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collationProblems } from '../../../lib/database/collations.ts'
import { databaseTrouble } from '../../../lib/docker/database-trouble.ts'
import { waitUntilHealthy } from '../../../lib/docker/health.ts'
import type { Project } from '../../../lib/docker/project.ts'
import { recordRelease } from '../../../lib/environment/releases.ts'
import { environmentIn, failureOf, inTemporary, release } from '../fixtures.ts'
import { container } from '../operations/status/fixtures.ts'

const trouble = suite('a database that does not start, in words')

const said = `FATAL:  database files are incompatible with server
DETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 17.5 (Debian 17.5-1.pgdg120+1).
`

trouble('data of another major version: which, and the ways out', () =>
  inTemporary(directory => {
    const found = databaseTrouble(said, environmentIn(directory))
    assert.is(found?.what, 'the database cannot start: its data is of PostgreSQL 15, and its image is 17.5')
    assert.match(
      found?.fix ?? '',
      /^use an image of PostgreSQL 15: images\.database in environments\/production/,
    )
  }),
)
trouble('where it was live, the image is written in two places', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    recordRelease(environment, release(1))
    assert.match(
      databaseTrouble(said, environment)?.fix ?? '',
      /DB_TAG and DB_IMAGE in .*\.env; then .*repair/,
    )
  }),
)
trouble('an image of 18 or later that has found older data', () =>
  inTemporary(directory => {
    const words = 'Error: in 18+, these Docker images are configured to store database data in a\n format'
    assert.match(databaseTrouble(words, environmentIn(directory))?.what ?? '', /its image is 18 or later$/)
  }),
)
trouble('what an earlier start has said is over', () =>
  inTemporary(directory => {
    const now = (log: string) => databaseTrouble(log, environmentIn(directory))?.what ?? ''
    assert.is(now(`${said}FATAL:  configuration file "postgresql.auto.conf" contains errors`), '')
    assert.is(now(`${said}LOG:  starting PostgreSQL 17.5 on x86_64-pc-linux-gnu`), '')
    assert.match(now(`PANIC:  x\n${said}${said}`), /its data is of PostgreSQL 15/)
  }),
)
trouble('other words say nothing', () =>
  inTemporary(directory => assert.is(databaseTrouble('PANIC: x', environmentIn(directory)), undefined)),
)

const step = { progress: () => {}, note: () => {}, skip: () => {} }
const crashing = (environment: Project['environment'], log: string): Project =>
  ({
    environment,
    containers: async () => [container('db', { status: 'restarting', health: 'starting', restarts: 4 })],
    logs: async () => log,
  }) as unknown as Project

trouble('whoever waits for it says the same', () =>
  inTemporary(async directory => {
    const waiting = (log: string) =>
      failureOf(() => waitUntilHealthy(crashing(environmentIn(directory), log), ['db'], { timeout: 0, step }))
    assert.match((await waiting(said)).what, /^the database cannot start: its data is of PostgreSQL 15/)
    const other = await waiting('PANIC: x')
    assert.match(other.what, /^db has crashed 5 times/)
    assert.is(other.fix, 'fix what its log says', 'no build would help')
  }),
)

trouble.run()

const order = suite('texts that are sorted by other rules than their indexes')

const project = {
  environment: environmentIn('/home/tracehub/production'),
  typed: (...words: readonly string[]) => `docker compose ${words.join(' ')}`,
}

order('nothing, where all is well', () => assert.equal(collationProblems(project, []), []))
order('each database with the command that fixes it', () => {
  const [problem] = collationProblems(project, [
    { database: 'postgres', superuser: 'tracehub_admin', was: '2.31', is: '2.36' },
    { database: 'tracehub', superuser: 'tracehub_admin', was: '2.31', is: '2.36' },
  ])
  assert.match(
    problem?.what ?? '',
    /^postgres, tracehub: collation version mismatch, 2\.31 when .* and 2\.36 in the database's image$/,
  )
  assert.match(
    problem?.fix ?? '',
    `docker compose exec db psql -U tracehub_admin -d tracehub -c 'reindex database concurrently "tracehub"' -c 'alter database "tracehub" refresh collation version'`,
  )
})

order("a column's own collation, whose versions are others", () => {
  const [first, second] = collationProblems(project, [
    { database: 'tracehub', superuser: 'tracehub_admin', was: '2.31', is: '2.36' },
    {
      database: 'tracehub',
      superuser: 'tracehub_admin',
      collation: 'pg_catalog."de-x-icu"',
      was: '67.1',
      is: '72.1',
    },
  ])
  assert.match(first?.what ?? '', /^tracehub: collation version mismatch, 2\.31 when/)
  assert.match(
    second?.what ?? '',
    /^pg_catalog\."de-x-icu" of tracehub: collation version mismatch, 67\.1 when/,
  )
  assert.match(second?.fix ?? '', `-c 'alter collation pg_catalog."de-x-icu" refresh version'`)
})

order.run()
