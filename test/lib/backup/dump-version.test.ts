import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasRestrict } from '../../../lib/backup/dump-version.ts'

const versions = suite("versions: a psql that can be told to obey no command of a file's")

versions('by its release', () => {
  const psql = (version: string): boolean => hasRestrict(`psql (PostgreSQL) ${version}`)
  for (const version of [
    '17.6',
    '17.12 (Debian 17.12-0+deb13u1)',
    '16.10',
    '15.14',
    '14.19',
    '13.22',
    '18.0',
    '18beta2',
  ])
    assert.ok(psql(version), version)
  for (const version of ['17.5', '17.0', '16.9', '15.13', '12.22', '']) assert.not.ok(psql(version), version)
})

versions.run()
