import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker } from '../docker.ts'
import { deploy, freshEnvironment, liveVersion, script } from '../harness.ts'
import { pushVersion } from '../push.ts'

const older = 'a1b2c3d4'
const psql = (sql: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub_admin', '-d', 'tracehub', '-Atqc', sql)

/** What is added to the backend's env.py: Alembic's table is in a schema of its own. */
const elsewhere = [
  `RUN sed -i 's/"transaction_per_migration": True/&, "version_table_schema": "ops"/; s/^    with engine.connect.*/    with engine.begin() as first:\\n        first.exec_driver_sql("create schema if not exists ops")\\n&/' alembic/env.py`,
  "RUN sed -i 's/FROM alembic_version/FROM ops.alembic_version/' app/main.py",
]

const revisions = suite("an application that keeps Alembic's revision in a schema of its own")

revisions.before(async () => {
  await freshEnvironment('production')
  await pushVersion('elsewhere-v1', 'v1', { backend: elsewhere })
  await pushVersion('elsewhere-v2', 'v2', { backend: elsewhere })
  await pushVersion('elsewhere-smoke-fails', 'smoke-fails', { backend: elsewhere })
})

const versionIs = (wanted: string): Promise<void> =>
  psql('select version_num from ops.alembic_version').then(found => assert.is(found, wanted))
const vessel = "select count(*) from information_schema.columns where column_name = 'vessel'"

revisions('is deployed: what is pending is counted from where it is', async () => {
  const first = await deploy('production', 'elsewhere-v1')
  assert.is(first.code, 0, first.stdout + first.stderr)
  assert.match(first.stdout, /10 revisions, now at a1b2c3d4/)
  const again = await deploy('production', 'elsewhere-v1', '--force')
  assert.is(again.code, 0, again.stdout + again.stderr)
  assert.match(again.stdout, /none pending, the schema is at a1b2c3d4/)
})

revisions('a failure rolls the schema back to where it was', async () => {
  const { code, stdout, stderr } = await deploy('production', 'elsewhere-smoke-fails')
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout, /✓ Run migrations on \w+ +1 revision, now at d7e3f51b/)
  assert.match(stdout, /✓ Roll the schema back to a1b2c3d4/)
  await versionIs(older)
  assert.is(await psql(vessel), '0')
  assert.is(await liveVersion('production'), 'v1')
})

revisions(
  "its backup has the revision, and where two tables may have it, the settings' word is asked for",
  async () => {
    const backup = await script('backup', ['-e', 'production', '--verify'])
    assert.is(backup.code, 0, backup.stdout + backup.stderr)
    await psql(`create table alembic_version (version_num varchar(32) primary key);
    insert into alembic_version values ('${older}')`)
    const { code, stderr } = await deploy('production', 'elsewhere-v2')
    await psql('drop table alembic_version')
    assert.is(code, 1)
    assert.match(
      stderr,
      /2 tables of the database may have its revision[\s\S]*ops\.alembic_version: a1b2c3d4/,
    )
    assert.match(stderr, /versionTable: '<schema>\.<table>'/)
  },
)

revisions.run()

/** An application that makes what its models have when it starts, and a table that no migration knows. */
const makesItself = (table: string) => ({
  files: {
    'makes_tables.py': `import sqlalchemy as sa

from app.database import engine
from app.models import Base

sa.Table("${table}", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
Base.metadata.create_all(engine)
`,
  },
  backend: ['COPY makes_tables.py app/', "RUN echo 'from app import makes_tables' >> app/main.py"],
})

const creation = suite('an application that runs create_all when it starts')

creation.before(async () => {
  await freshEnvironment('production')
  await pushVersion('makes-labels', 'v1', makesItself('labels'))
  await pushVersion('makes-stickers', 'smoke-fails', makesItself('stickers'))
})

creation(
  'a first deploy finds an empty schema for its migrations, and says what the application made',
  async () => {
    const { code, stdout, stderr } = await deploy('production', 'makes-labels')
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /10 revisions, now at a1b2c3d4/)
    const said = stdout + stderr
    assert.match(said, /the schema changed while blue started[\s\S]*\+ table public\.labels[\s\S]*create_all/)
    assert.not.match(said, /\+ table public\.shipments/)
  },
)

creation('what it made is named, too, where the deploy fails; the migrations are rolled back', async () => {
  const { code, stdout, stderr } = await deploy('production', 'makes-stickers')
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout + stderr, /the schema changed while green started[\s\S]*\+ table public\.stickers/)
  assert.match(stdout, /✓ Remove green[\s\S]*✓ Roll the schema back to a1b2c3d4/)
  assert.is(await psql('select version_num from alembic_version'), older)
  assert.is(await psql(vessel), '0')
  assert.is(await liveVersion('production'), 'v1')
})

creation.run()

/** The backend's env.py hands its URL to Alembic's configuration and reads it there again. */
const setMainOption = (url: string): string[] => [
  `RUN sed -i 's/^url = .*/context.config.set_main_option("sqlalchemy.url", ${url})\\nurl = context.config.get_main_option("sqlalchemy.url")/' alembic/env.py`,
]

const inConfig = suite('an application whose env.py uses set_main_option, and a password with a @')

inConfig('is warned before its migrations fail, and is deployed once env.py is fixed', async () => {
  const file = join(await freshEnvironment('production'), '.env.production')
  const password = 'DB_PASSWORD=Pz7@kW2mQ9x=rT4vB6nL8'
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^DB_PASSWORD=.*$/m, password))
  await pushVersion('in-config', 'v1', { backend: setMainOption('os.environ["DATABASE_URL"]') })
  const { code, stdout, stderr } = await deploy('production', 'in-config')
  assert.is(code, 4, stdout + stderr)
  const before = stdout.slice(0, stdout.indexOf('Start database and proxy'))
  assert.match(before, /! the migrations will probably fail: DATABASE_URL has a %/)
  assert.match(stderr, /the database migrations failed[\s\S]*no migration is at fault/)

  const fixed = setMainOption('os.environ["DATABASE_URL"].replace("%", "%%")')
  await pushVersion('in-config-fixed', 'v1', { backend: fixed })
  const again = await deploy('production', 'in-config-fixed')
  assert.is(again.code, 0, again.stdout + again.stderr)
  assert.not.match(again.stdout, /will probably fail/)
})

inConfig.run()

const odd = suite('an image that is made otherwise')

odd.before(() => freshEnvironment('production').then(() => undefined))

odd(
  'a migration that Alembic cannot find stops it in the words of Alembic, which are on its standard output',
  async () => {
    await pushVersion('lacks-a-parent', 'v1', { backend: ['RUN rm alembic/versions/*_9b7e04d1_*.py'] })
    const { code, stderr } = await deploy('production', 'lacks-a-parent')
    assert.is(code, 1)
    assert.match(stderr, /cannot be read\n[\s\S]*9b7e04d1/)
  },
)

odd('a PATH that the entrypoint alone sets is named as what is wrong', async () => {
  const backend = [
    'RUN mkdir -p /opt/venv/bin && mv /usr/bin/alembic /usr/bin/python3 /opt/venv/bin/',
    'ENTRYPOINT ["env", "PATH=/opt/venv/bin:/usr/bin:/bin"]',
  ]
  await pushVersion('path-of-entrypoint', 'v1', { backend })
  const { code, stderr } = await deploy('production', 'path-of-entrypoint')
  assert.is(code, 1)
  assert.match(stderr, /neither alembic nor a python3 is on its PATH\n *→ set PATH in its Dockerfile/)
})

odd('Alembic may be there as a module alone, and is run by it', async () => {
  await pushVersion('module-alone', 'v1', { backend: ['RUN rm /usr/bin/alembic'] })
  const { code, stdout, stderr } = await deploy('production', 'module-alone')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /10 revisions, now at a1b2c3d4/)
  const { stdout: facts } = await script('status', ['-e', 'production'])
  assert.match(facts, /schema +a1b2c3d4, the image's newest/)
})

odd.run()
