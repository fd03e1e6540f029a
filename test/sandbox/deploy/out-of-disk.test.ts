import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mountSmallDisk } from '../disk.ts'
import { docker } from '../docker.ts'
import { deploy, directoryOf, freshEnvironment, liveVersion, runningServices } from '../harness.ts'

const production = suite('a disk that is too small for the backup: nothing is deployed')
const backups = (): string => join(directoryOf('production'), 'backups')
const sql = (statement: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub', '-d', 'tracehub', '-c', statement)

production.before(async () => {
  await freshEnvironment('production')
  await mountSmallDisk(backups(), 24)
  const { code, stderr } = await deploy('production', 'v1')
  assert.is(code, 0, stderr)
})

production.after(async () => {
  await freshEnvironment('production')
})

production('the disk fills while pg_dump writes: no file is left that looks like a backup', async () => {
  // Rows that PostgreSQL stores compressed: the dump is far larger than the database says it is.
  await sql("create table wide as select repeat('x', 8000000) as text from generate_series(1, 6)")
  const { code, stdout, stderr } = await deploy('production', 'v2')
  assert.is(code, 1, stdout + stderr)
  assert.match(stderr, /the database could not be backed up, so nothing is deployed/)
  assert.match(stderr, /No space left on device/)
  assert.match(stderr, /--skip-backup deploys without one/)
  assert.equal(readdirSync(backups()), [])
  assert.is(await liveVersion('production'), 'v1')
  assert.equal(await runningServices('production'), ['backend-blue', 'db', 'frontend-blue', 'proxy'])
})

production('what can be seen before is said before', async () => {
  await docker('exec', 'tracehub-db-prod', 'dd', 'if=/dev/zero', 'of=/backups/other', 'bs=1M', 'count=20')
  const { code, stderr } = await deploy('production', 'v2')
  assert.is(code, 1)
  assert.match(stderr, /backups has .* free; .* are needed/)
  assert.is(await liveVersion('production'), 'v1')
})

production('--skip-backup deploys without one, and says so loudly', async () => {
  const { code, stdout } = await deploy('production', 'v2', '--skip-backup')
  assert.is(code, 1, 'the preflight still wants room for what comes after')
  await docker('exec', 'tracehub-db-prod', 'rm', '/backups/other')
  const again = await deploy('production', 'v2', '--skip-backup')
  assert.is(again.code, 0, again.stderr)
  assert.match(again.stdout, /BACKUP SKIPPED/)
  assert.is(await liveVersion('production'), 'v2')
  assert.not.match(stdout, /live +blue/)
})

production.run()
