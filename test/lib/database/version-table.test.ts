import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { revisionScript, versionTables } from '../../../lib/database/version-table.ts'

const reading = suite('the version table, in a database where somebody may have laid traps')

reading('it is read by COPY: to plan a SELECT, functions of its owner’s are called', () => {
  assert.match(revisionScript(), /^copy :version_table \(version_num\) to stdout /m)
  assert.not.match(revisionScript(), /from :version_table/)
})

reading('no table is listed that COPY does not take, or whose name is not one line', () => {
  assert.match(versionTables, "c.relkind = 'r' and strpos(n.nspname || c.relname, chr(10)) = 0")
})

reading.run()
