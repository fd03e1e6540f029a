import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { smallSharedDisk } from '../disk.ts'
import { deploy, directoryOf } from '../harness.ts'
import { makeEnvironmentDirectory, removeEnvironment } from '../root.ts'
import { backup, environment, leftovers, psql } from './place.ts'

/** As on most machines: what is written to `backups/` takes room away from the database that users write into. */
const staging = suite('backups/ and the database on one disk')

staging.before(async () => {
  await removeEnvironment('staging')
  await smallSharedDisk(environment, 900)
  await makeEnvironmentDirectory('staging')
  const { code, stderr } = await deploy('staging', 'v1')
  assert.is(code, 0, stderr)
})
staging.after(() => removeEnvironment('staging'))

staging('rows that are stored compressed: the dump is ended while the database has room', async () => {
  await psql("create table wide as select repeat('x', 8000000) as text from generate_series(1, 150)")
  const { code, stderr } = await backup('--no-uploads')
  assert.is(code, 1)
  assert.match(stderr, 'fewer than 256.0 MiB are left of the disk that it is on, too')
  assert.equal(await leftovers(), [])
  await psql('drop table wide')
})

staging('a file with a hole in uploads/, longer than the disk: nothing of it is copied', async () => {
  const file = join(directoryOf('staging'), 'uploads', 'hole')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 40)
  const { code, stderr } = await backup()
  rmSync(file)
  assert.is(code, 5)
  assert.match(stderr, /WITHOUT the uploads: .*about 1\.0 TiB are needed/)
  assert.equal(await leftovers(), [])
})

staging.run()
