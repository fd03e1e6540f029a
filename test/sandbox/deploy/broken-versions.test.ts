import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  containers,
  deploy,
  freshEnvironment,
  liveVersion,
  mapOnDisk,
  revision,
  runningServices,
  say,
  url,
} from '../harness.ts'
import { startLoad } from '../load/load.ts'

/** Each broken version, what it must end with, and the cause and the next step that its message must name. */
const broken: readonly (readonly [version: string, exitCode: number, cause: RegExp, next: RegExp])[] = [
  [
    'never-healthy',
    4,
    /backend-green had 45\.0 s and is not healthy yet; its last health check said: .*503/,
    /fix what its log says/,
  ],
  [
    'crash-loop',
    4,
    /backend-green has crashed \d+ times[\s\S]*cannot read the carrier configuration/,
    /fix what its log says/,
  ],
  ['missing-image', 1, /tracehub-backend:missing-image is not in the registry/, /choose another --tag/],
  ['migration-fails', 4, /the database migrations failed[\s\S]*NotNullViolation/, /fix the migration/],
  [
    'smoke-fails',
    4,
    /1 of 6 smoke tests of green failed[\s\S]*GET \/api\/shipments\?limit=1: expected status 200, found 500/,
    /fix what these tests found/,
  ],
  [
    'breaks-old-code',
    4,
    /the new schema breaks the live version: 1 of 6 smoke tests of blue failed/,
    /split the migration/,
  ],
]

const production = suite('every broken version ends with the old one live and everything as it was')

/** What the check of pending migrations would refuse: here they are let through, to see what happens then. */
const letThrough = '--accept-migrations'

production.before(async () => {
  await freshEnvironment('production')
  const { code, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
})

for (const [version, exitCode, cause, next] of broken)
  production(version, async () => {
    const before = (await containers('production')).filter(line => line.endsWith('running'))
    const { code, stdout, stderr } = await deploy('production', version, letThrough)
    say(`${version}: exit code ${code}`)
    assert.is(code, exitCode, stdout + stderr)
    assert.match(stderr, cause)
    assert.match(stderr, next)
    assert.is(await liveVersion('production'), 'v2')
    assert.is(await revision('production'), 'd7e3f51b')
    assert.is(mapOnDisk('production'), 'live blue')
    assert.equal(await containers('production'), before, 'no container is left over')
  })

production('bad-after-switch: real traffic shows it, users go back, so does the schema', async () => {
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 100,
  })
  const { code, stdout, stderr } = await deploy('production', 'bad-after-switch', letThrough)
  const report = await load.stop()
  assert.is(code, 4, stdout + stderr)
  assert.match(stderr, /\d+ of \d+ requests failed since the switch/)
  assert.match(stderr, /before it, 0 of \d+ did/)
  assert.match(stdout, /✓ Switch traffic back to blue/)
  assert.match(stdout, /✓ Roll the schema back to d7e3f51b/)
  assert.is(await liveVersion('production'), 'v2')
  assert.is(await revision('production'), 'd7e3f51b')
  assert.equal(await runningServices('production'), ['backend-blue', 'db', 'frontend-blue', 'proxy'])
  const kinds = new Set(report.failures.map(({ reason }) => reason))
  assert.equal([...kinds], ['status 500'], 'the version itself failed; the switches lost nothing')
})

production('a downgrade that is refused needs a person, who is told what to run', async () => {
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 100,
  })
  const { code, stdout, stderr } = await deploy('production', 'stubborn-downgrade', letThrough)
  await load.stop()
  assert.is(code, 5, stdout + stderr)
  assert.match(stderr, /the schema is at 8c15d7a4 and could not be rolled back to d7e3f51b/)
  assert.match(stderr, /--entrypoint alembic \S+ downgrade d7e3f51b/)
  assert.is(await liveVersion('production'), 'v2', 'users are on the old version all the same')
  assert.is(mapOnDisk('production'), 'live blue')
})

production.run()
