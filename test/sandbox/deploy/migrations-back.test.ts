import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { label } from '../../../lib/docker/throwaway.ts'
import { readReleases } from '../../../lib/environment/releases.ts'
import { dockerList } from '../docker.ts'
import {
  containers,
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  revision,
  rollback,
  runIds,
  script,
  start,
} from '../harness.ts'
import { colourless, killInStep } from '../kill.ts'
import { pushVersion } from '../push.ts'

const older = 'a1b2c3d4'
const newer = 'd7e3f51b'
const ofSchema = (...more: string[]): Promise<Finished> =>
  script('rollback', ['-e', 'production', '-t', 'migration', ...more])

const production = suite('migrations before a deploy, and on the way back')

async function stands(version: string, schema: string): Promise<void> {
  assert.is(await liveVersion('production'), version)
  assert.is(await revision('production'), schema)
}
const scratch = (): Promise<string[]> => dockerList('ps', '--all', '--quiet', '--filter', `label=${label}`)
const before: { containers: string[] } = { containers: [] }

production.before(async () => {
  await freshEnvironment('production')
  assert.is((await deploy('production', 'v1')).code, 0)
})

production('a rehearsal that fails on real rows stops the deploy before anything is changed', async () => {
  before.containers = await containers('production')
  const { code, stdout, stderr } = await deploy(
    'production',
    'migration-fails',
    '--accept-migrations',
    '--rehearse',
  )
  assert.is(code, 1, stdout + stderr)
  assert.match(stdout, /! MIGRATIONS ACCEPTED: --accept-migrations was given, although 1 finding/)
  assert.match(stderr, /fails on the data of the backup: column "country" .* contains null values/)
  await stands('v1', older)
  assert.equal(await containers('production'), before.containers)
  assert.equal(await scratch(), [], 'no scratch container is left')
})

production('a deploy shows what is pending with a verdict, and rehearses it when asked to', async () => {
  const { code, stdout, stderr } = await deploy('production', 'v2', '--rehearse')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /d7e3f51b add the vessel to shipments\n +warns, .* ACCESS EXCLUSIVE on shipments/)
  assert.match(stdout, /! squawk\.require-concurrent-index-creation +alembic\/versions\/\S+:\d+/)
  assert.match(stdout, /at a1b2c3d4; 1 pending revision/)
  assert.match(stdout, /✓ Rehearse migrations on the newest backup +1 revision on backup_/)
  await stands('v2', newer)
})

production('one that would break the live version is refused, and so is its dry run', async () => {
  before.containers = await containers('production')
  const answers = [
    await deploy('production', 'breaks-old-code', '--dry-run'),
    await deploy('production', 'breaks-old-code'),
  ]
  for (const { code, stdout, stderr } of answers) {
    assert.is(code, 1, stdout + stderr)
    assert.match(stdout, /rename carrier to carrier_name.*\n +blocks, /)
    assert.match(stderr, /safe\.rename-column +alembic\/versions\/\S+f0a94c6d\S+:18: renames the column/)
    assert.match(
      stderr,
      /It is used in app\/models\/shipment\.py:\d+|It is used in .*app\/models\/shipment\.py/,
    )
    assert.match(stderr, /--accept-migrations/)
  }
  await stands('v2', newer)
  assert.equal(await containers('production'), before.containers)
  assert.equal(await scratch(), [])
})

production('the schema alone: the live version needs what went, so it comes again', async () => {
  const { code, stdout, stderr } = await ofSchema()
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout, /✓ Backup database +backup_[\s\S]*✓ Roll the schema back to a1b2c3d4 +1 revision/)
  assert.match(stderr, /the older schema breaks the live version[\s\S]*-t deployment --with-migrations/)
  assert.match(stdout, /✓ Bring the schema forward to d7e3f51b again/)
  await stands('v2', newer)
})

production('the deployment with its migrations: Ctrl-C after the schema went back undoes both', async () => {
  const count = runIds('production').length
  const running = start('rollback', ['-e', 'production', '-t', 'deployment', '--with-migrations'])
  const finished = (): boolean =>
    runIds('production').length > count &&
    lastEvents('production').some(
      event => event.type === 'step-finished' && event.title === `Roll the schema back to ${older}`,
    )
  while (!finished()) await sleep(5)
  running.kill('SIGINT')
  const { code, stdout, stderr } = await running.done
  assert.is(code, 4, stdout + stderr)
  await stands('v2', newer)
  assert.equal(await containers('production'), before.containers)
})

for (const [title, after] of [
  [`Roll the schema back to ${older}`, 600],
  ['Smoke tests on <colour>', 0],
] as const)
  production(`the deployment with its migrations, killed at: ${title}`, async () => {
    const args = ['-t', 'deployment', '--with-migrations']
    const strike = (): Promise<boolean> => killInStep('rollback', args, colourless(title), after)
    let struck = await strike()
    if (!struck) {
      await deploy('production', 'v2') // it was over before: its way forward again, and once more
      struck = await strike()
    }
    assert.ok(struck, 'it was over before')
    const next = await deploy('production', 'v2')
    assert.is(next.code, 0, next.stdout + next.stderr)
    if (after === 0) assert.match(next.stdout, /the schema was at a1b2c3d4: taken forward to d7e3f51b again/)
    await stands('v2', newer)
    assert.equal(await containers('production'), before.containers)
  })

production('the deployment with its migrations', async () => {
  const refused = await rollback('production')
  assert.is(refused.code, 1)
  assert.match(refused.stderr, /--with-migrations/)
  const { code, stdout, stderr } = await rollback('production', '--with-migrations')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /! the schema is rolled back to a1b2c3d4[\s\S]*d7e3f51b add the vessel to shipments/)
  await stands('v1', older)
  assert.match(
    readReleases({ directory: directoryOf('production') } as never).at(-1)?.backup ?? '',
    /^backup_/,
  )
})

/** Somebody has upgraded by hand with the newer image: the live one does not know that revision. */
async function upgradedByHand(): Promise<void> {
  const other = mapOnDisk('production') === 'live blue' ? 'green' : 'blue'
  const command = ['docker', 'compose', 'run', '--rm', '--no-deps', '-T', `backend-${other}`]
  await run([...command, 'alembic', 'upgrade', 'head'], { cwd: directoryOf('production') })
  await stands('v1', newer)
}

/** Between the way back and its record there are some ten ms: again where the run was faster than we. */
async function killedBeforeTheRecord(): Promise<boolean> {
  for (let tries = 0; tries < 5; tries += 1) {
    await upgradedByHand()
    const title = 'Smoke tests on <colour> with the older schema'
    const killed = await killInStep('rollback', ['-t', 'migration'], title, 0)
    const isRecorded = lastEvents('production').some(
      event => event.type === 'step-started' && event.title === 'Record the schema',
    )
    if (killed && !isRecorded) return true
  }
  return false
}

production('the schema alone, killed: the next run takes it forward again', async () => {
  assert.ok(await killedBeforeTheRecord(), 'it was always over before')
  assert.is(await revision('production'), older)
  const next = await ofSchema('--to', 'base')
  assert.match(next.stdout, /the schema was at a1b2c3d4: taken forward to d7e3f51b again/)
  assert.is(next.code, 4, 'nothing works on an empty schema')
  await stands('v1', newer)
})

production(
  'the schema alone, by the image that knows the way; the live version is tested on it',
  async () => {
    const { code, stdout, stderr } = await ofSchema('--to', 'a1b2')
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /Find the image that knows the way +(blue|green), at d7e3f51b/)
    assert.match(stdout, /✓ Smoke tests on (blue|green) with the older schema/)
    assert.match(stdout, /schema +a1b2c3d4, was d7e3f51b\n +backup +backup_/)
    await stands('v1', older)
  },
)

/** v2 with one more migration, in the registry as a version of its own. */
const push = (version: string, comment: string): Promise<void> =>
  pushVersion(version, 'v2', {
    files: { '20260210_0900_5e1d70b3_widen_user_ids.py': widening(comment) },
    backend: ['COPY *.py /app/alembic/versions/'],
  })

const widening = (comment: string): string => `"""widen the ids of users"""

import sqlalchemy as sa
from alembic import op

revision = "5e1d70b3"
down_revision = "${newer}"


def upgrade() -> None:
    ${comment}
    op.alter_column("users", "id", type_=sa.BigInteger)


def downgrade() -> None:
    op.alter_column("users", "id", type_=sa.Integer)
`

production('a blocking finding: refused as it is, let through by the reason in its own comment', async () => {
  await push('widened', '# forty rows')
  const refused = await deploy('production', 'widened')
  assert.is(refused.code, 1, refused.stdout + refused.stderr)
  assert.match(refused.stderr, /safe\.type-change +\S+5e1d70b3\S+:12: changes the type of public\.users\.id/)
  assert.match(refused.stderr, '# migrate-check: allow <finding>: <reason>')
  await stands('v1', older)

  await push('widened', '# migrate-check: allow safe.type-change: users has forty rows: a moment')
  const { code, stdout, stderr } = await deploy('production', 'widened')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /safe\.type-change +\S+5e1d70b3\S+:12: changes the type of public\.users\.id/)
  assert.match(stdout, /\n +allowed in the migration: users has forty rows: a moment\n/)
  await stands('v2', '5e1d70b3')
})

production.run()
