import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesOf } from '../../../../lib/backup/offsite/copy.ts'
import { problemOf } from '../../../../lib/base/failure.ts'
import { inTemporary } from '../../fixtures.ts'

const sending = suite('offsite: the files of the uploads')

sending('all of them, by their path', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'uploads_1', 'deep ü'), { recursive: true })
    for (const name of ['one', 'deep ü/two']) writeFileSync(join(directory, 'uploads_1', name), '')
    assert.equal(await filesOf(directory, 'uploads_1'), ['uploads_1/deep ü/two', 'uploads_1/one'])
    assert.equal(await filesOf(directory, undefined), [])
  }),
)

sending('a name that is not UTF-8 is named, with what to do: it cannot travel', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'uploads_1', 'deep'), { recursive: true })
    writeFileSync(Buffer.from(`${directory}/uploads_1/deep/M\xfcller.pdf`, 'latin1'), '')
    try {
      await filesOf(directory, 'uploads_1')
      assert.unreachable('it was taken for text')
    } catch (error) {
      assert.match(problemOf(error).what, /uploads_1\/deep\/M\S+ller\.pdf\S* has a name that is not UTF-8/)
    }
  }),
)

sending.run()
