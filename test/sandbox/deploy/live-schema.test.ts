import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker } from '../docker.ts'
import { deploy, type Finished, freshEnvironment, liveVersion, revision } from '../harness.ts'
import { pushVersion } from '../push.ts'

const production = suite('what is pending is judged on the live schema')

const inDatabase = (...command: readonly string[]): Promise<string> =>
  docker('exec', 'tracehub-db-prod', ...command)
const byHand = (...statements: readonly string[]): Promise<string> =>
  inDatabase(
    ...['psql', '-U', 'tracehub_admin', '-d', 'tracehub', '-qAt', '-v', 'ON_ERROR_STOP=1'],
    ...statements.flatMap(statement => ['-c', statement]),
  )
const dryRun = (version: string): Promise<Finished> => deploy('production', version, '--dry-run')

const baseline = `"""baseline"""

from alembic import op
from app.models import Base

revision = "a1b2c3d4"
down_revision = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())


def downgrade() -> None:
    Base.metadata.drop_all(op.get_bind())
`

production.before(async () => {
  await freshEnvironment('production')
  assert.is((await deploy('production', 'v1')).code, 0)
  await pushVersion('squashed', 'v2', {
    files: { 'baseline.py': baseline },
    backend: [
      'RUN cd alembic/versions && find . -type f ! -name "*d7e3f51b*" -delete',
      'COPY baseline.py alembic/versions/20260103_1430_a1b2c3d4_baseline.py',
    ],
  })
})

production(
  'a baseline that makes what the models are today: production has not got it, and migrates',
  async () => {
    const { code, stdout, stderr } = await deploy('production', 'squashed')
    assert.is(code, 0, stdout + stderr)
    assert.match(
      stdout,
      /tried on a copy of the live schema, which is not what the migrations before it make: /,
    )
    assert.match(stdout, /d7e3f51b add the vessel to shipments\n +warns, .* ACCESS EXCLUSIVE on shipments/)
    assert.is(await liveVersion('production'), 'v2')
    assert.is(await revision('production'), 'd7e3f51b')
  },
)

production('a column that somebody has made by hand: the migration that makes it is refused', async () => {
  await byHand('alter table customers add column country varchar(2)')
  const { code, stdout, stderr } = await dryRun('migration-fails')
  assert.is(code, 1, stdout + stderr)
  assert.match(stdout, /column public\.customers\.country is only live/)
  assert.match(stderr, /step\.fails +alembic\/versions\/\S+71d2b6e8\S+: .*column "country" .* already exists/)
  await byHand('alter table customers drop column country')
})

const refresh = `"""refresh what is made by hand"""

from alembic import op

revision = "beef0001"
down_revision = "d7e3f51b"


def upgrade() -> None:
    op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
    op.execute("ALTER DATABASE tracehub SET timezone TO 'UTC'")
    op.execute("SET LOCAL ROLE tracehub")
    op.execute("ALTER TABLE customers ADD COLUMN seen integer")


def downgrade() -> None:
    op.execute("ALTER TABLE customers DROP COLUMN seen")
    op.execute("ALTER DATABASE tracehub RESET timezone")
`

/** On a copy, an event trigger would say no, a role is not there, a database neither, and an extension's files are not. */
const special = [
  'alter table customers add column hotfix text',
  'create materialized view totals as select count(*) from shipments',
  'create unique index on totals (count)',
  'create role auditor',
  'alter table customers enable row level security',
  'create policy audited on customers to auditor using (true)',
  'create schema "by hand"',
  'create table "by hand".notes (note text)',
  'alter role tracehub in database tracehub set search_path = public, "by hand"',
  `create function elsewhere() returns event_trigger language plpgsql as
    $$ begin if current_database() <> 'tracehub' then raise 'not here'; end if; end $$`,
  'create event trigger elsewhere on ddl_command_start execute function elsewhere()',
  'create publication everything for all tables',
  "create subscription erp connection 'host=127.0.0.1 port=1' publication p with (connect = false)",
  'create extension handmade',
]

production('what a copy cannot have keeps no deploy back', async () => {
  await inDatabase(
    ...['sh', '-c'],
    `cd "$(dirname "$(find / -name plpgsql.control 2>/dev/null | head -n 1)")" &&
    echo "default_version = '1'" >handmade.control && echo 'create domain handmade as text;' >handmade--1.sql`,
  )
  await byHand(...special)
  await pushVersion('refreshes', 'v2', {
    files: { 'refresh.py': refresh },
    backend: ['COPY refresh.py alembic/versions/20260301_0900_beef0001_refresh.py'],
  })
  const { code, stdout, stderr } = await dryRun('refreshes')
  assert.is(code, 0, stdout + stderr)
  assert.match(
    stdout,
    /tried on a copy of the live schema, [^\n]*column public\.customers\.hotfix is only live/,
  )
  assert.not.match(stdout, /not tried on the live schema/)
})

production('where there can be no copy, the history is taken, and a warning says so', async () => {
  await byHand('create table made (by handmade)')
  const { code, stdout, stderr } = await dryRun('bad-after-switch')
  assert.is(code, 0, stdout + stderr)
  assert.match(
    stdout,
    /! what is pending is not tried on the live schema, [^\n]* did not take all of it\n[\s\S]*handmade/,
  )
})

production.run()
