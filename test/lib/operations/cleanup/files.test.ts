import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesIn, removeFiles } from '../../../../lib/operations/cleanup/files.ts'
import { inTemporary } from '../../fixtures.ts'

const files = suite('cleanup: files')

/** An environment with a log in it, and a directory beside it that is nobody's business. */
const withLogs = (act: (root: string, logs: string, outside: string) => void): Promise<void> =>
  inTemporary(directory => {
    const [root, outside] = [join(directory, 'production'), join(directory, 'outside')]
    mkdirSync(join(root, 'logs'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(root, 'logs', 'app.log'), 'a')
    writeFileSync(join(outside, 'app.log'), 'precious')
    act(root, join(root, 'logs'), outside)
  })

files('are found and removed, also below', () =>
  withLogs((root, logs) => {
    mkdirSync(join(logs, 'nginx'))
    writeFileSync(join(logs, 'nginx', 'a b\n$(id).log'), 'b')
    assert.is(removeFiles(root, filesIn(logs, 'whole')).length, 2)
    assert.equal(readdirSync(join(logs, 'nginx')), [])
    assert.not(existsSync(join(logs, 'app.log')))
  }),
)

files('a link to a file is no file, and neither is what it leads to', () =>
  withLogs((root, logs, outside) => {
    symlinkSync(join(outside, 'app.log'), join(logs, 'linked.log'))
    assert.is(removeFiles(root, filesIn(logs, 'whole')).length, 1)
    assert.ok(existsSync(join(outside, 'app.log')))
  }),
)

files('a link to a directory is not entered', () =>
  withLogs((_, logs, outside) => {
    symlinkSync(outside, join(logs, 'elsewhere'))
    assert.equal(
      filesIn(logs, 'whole').map(({ path }) => path),
      [join(logs, 'app.log')],
    )
  }),
)

files('a directory that is a link itself is left alone', () =>
  withLogs((root, logs, outside) => {
    rmSync(logs, { recursive: true })
    symlinkSync(outside, logs)
    assert.equal(filesIn(logs, 'whole'), [])
    assert.ok(existsSync(root))
  }),
)

files('a directory that became a link since it was looked at is not followed', () =>
  withLogs((root, logs, outside) => {
    const found = filesIn(logs, 'whole')
    renameSync(logs, `${logs}.old`)
    symlinkSync(outside, logs)
    assert.equal(removeFiles(root, found), [])
    assert.ok(existsSync(join(outside, 'app.log')))
  }),
)

files('a directory above that became a link is noticed, too', () =>
  withLogs((root, logs, outside) => {
    mkdirSync(join(logs, 'a', 'b'), { recursive: true })
    writeFileSync(join(logs, 'a', 'b', 'app.log'), 'a')
    const found = filesIn(join(logs, 'a'), 'whole')
    mkdirSync(join(outside, 'b'))
    renameSync(join(logs, 'a', 'b', 'app.log'), join(outside, 'b', 'app.log')) // the very same file, outside
    rmSync(join(logs, 'a'), { recursive: true })
    symlinkSync(outside, join(logs, 'a'))
    assert.equal(removeFiles(root, found), [])
    assert.ok(existsSync(join(outside, 'b', 'app.log')))
  }),
)

files('a file that was written to or replaced since it was looked at stays', () =>
  withLogs((root, logs) => {
    const found = filesIn(logs, 'whole')
    rmSync(join(logs, 'app.log'))
    writeFileSync(join(logs, 'app.log'), 'new')
    assert.equal(removeFiles(root, found), [])
  }),
)

files('an environment whose directory is a link is cleaned as usual', () =>
  withLogs((root, _, outside) => {
    const linked = join(outside, 'linked')
    symlinkSync(root, linked)
    assert.is(removeFiles(linked, filesIn(join(linked, 'logs'), 'whole')).length, 1)
  }),
)

files('a directory that is not there has no files', () =>
  assert.equal(filesIn('/nowhere/at/all', 'whole'), []),
)

files.run()
