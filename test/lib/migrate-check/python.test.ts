import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { invocation } from '../../../lib/migrate-check/python.ts'
import { givenServer } from '../../../lib/migrate-check/scratch-server.ts'
import { toolkit } from '../fixtures.ts'

const python = suite('the Python half')

python("can be read by an image's user, also where the clone is for its owner alone", () => {
  const file = join(toolkit, 'lib', 'migrate-check', 'python', 'migrate_check', 'rows.py')
  chmodSync(file, 0o600)
  const place = { backend: undefined, image: 'app', python: undefined, variables: {} }
  invocation(place, givenServer('postgresql://x/y'), 'id')
  assert.is((statSync(file).mode & 0o777).toString(8), '644')
})

python.run()
