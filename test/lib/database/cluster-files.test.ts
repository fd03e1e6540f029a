import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { clusterIn, clusterInVolume } from '../../../lib/database/cluster-files.ts'
import { inTemporary } from '../fixtures.ts'

const looking = suite('cluster-files: whether a directory holds a database')

for (const place of ['.', 'pgdata', '18/docker'])
  looking(`its files are in ${place}`, () =>
    inTemporary(directory => {
      mkdirSync(join(directory, place), { recursive: true })
      writeFileSync(join(directory, place, 'PG_VERSION'), '15\n')
      assert.is(clusterIn(directory), 'PostgreSQL 15')
      assert.is(clusterInVolume(directory), 'PostgreSQL 15')
    }),
  )

looking('one without them, and one that is not there, are empty; a volume that nobody sees may not be', () =>
  inTemporary(directory => {
    mkdirSync(join(directory, 'a', 'b', 'c'), { recursive: true })
    writeFileSync(join(directory, 'a', 'b', 'c', 'PG_VERSION'), '15\n')
    assert.is(clusterIn(directory), undefined)
    assert.is(clusterIn(join(directory, 'none')), undefined)
    assert.match(`${clusterInVolume(join(directory, 'none'))}`, 'may hold a database')
  }),
)

looking.run()
