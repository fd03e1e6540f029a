import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Finished, liveVersion, script } from '../harness.ts'
import { databases, deployed, listed, psql } from './place.ts'

const staging = suite('the backup before a deploy, where the environment wants it verified')

staging.before(() => deployed('v1'))

const deployProving = (tag: string): Promise<Finished> =>
  script('deploy', ['-e', 'staging', '--tag', tag], {
    TRACEHUB_OVERRIDE: join(import.meta.dirname, 'proving-override.ts'),
  })

staging('is verified before anything changes', async () => {
  const { code, stderr } = await deployProving('v2')
  assert.is(code, 0, stderr)
  const manifest = listed()[0]?.manifest
  assert.equal([manifest?.reason, manifest?.verifiedBy], ['pre-deploy', 'content'])
  assert.is(manifest?.schema, 'a1b2c3d4', 'the schema before the migration')
  assert.equal(await databases(), ['tracehub'])
})

staging('stops the deploy where it cannot be restored, and is not listed as verified', async () => {
  // A classic: a check that reads another table holds on the live database, and not while a dump is read back.
  await psql(`
    create function there_are_shipments(int) returns boolean language sql as 'select count(*) >= 0 from shipments';
    create table checked (n int check (there_are_shipments(n)));
    insert into checked values (1)`)
  const { code, stdout, stderr } = await deployProving('v3')
  assert.is(code, 1, stdout + stderr)
  assert.match(stderr, 'so nothing is deployed')
  assert.match(stderr, 'relation "shipments" does not exist')
  assert.match(stderr, '--skip-backup')
  assert.is(await liveVersion('staging'), 'v2')
  const manifest = listed()[0]?.manifest
  assert.equal([manifest?.reason, manifest?.verifiedBy], ['pre-deploy', undefined])
  assert.equal(await databases(), ['tracehub'])
})

staging.run()
