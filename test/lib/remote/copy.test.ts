import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assembleScript } from '../../../lib/remote/copy.ts'
import { packToolkit, type Toolkit } from '../../../lib/remote/toolkit.ts'
import { ended, inTemporary } from '../fixtures.ts'

/** The script that puts a set together, in a shell here; its dependencies are there already. */
const assembling = suite('remote/copy: a set of files is there whole, or not at all')

const full = packToolkit()
const toolkit: Toolkit = {
  ...full,
  files: full.files.filter(({ path }) => /^(scripts|package|environments)/.test(path)),
}
const inVps = (act: (directory: string) => Promise<void>): Promise<void> =>
  inTemporary(async place => {
    const directory = join(place, "it's a place")
    const blobs = join(directory, '.toolkit', 'blobs')
    mkdirSync(blobs, { recursive: true })
    mkdirSync(join(directory, '.toolkit', 'dependencies', toolkit.lock, 'node_modules'), { recursive: true })
    for (const { source, blob } of toolkit.files) cpSync(source, join(blobs, blob))
    await act(directory)
  })
const assemble = (directory: string, what = toolkit) =>
  ended('sh', ['-c', assembleScript(directory, what, process.execPath)])

assembling('every file with its mode; the entrances lead to it; again, it changes nothing', () =>
  inVps(async directory => {
    for (let time = 0; time < 2; time += 1) {
      const { code, stderr } = await assemble(directory)
      assert.equal([code, stderr], [0, ''])
      for (const { path, mode, source } of toolkit.files) {
        const file = join(directory, '.toolkit', 'current', path)
        assert.is(readFileSync(file, 'utf8'), readFileSync(source, 'utf8'))
        assert.is(statSync(file).mode & 0o100, mode & 0o100, path)
      }
      assert.is(readlinkSync(join(directory, 'scripts')), '.toolkit/current/scripts')
      assert.ok(existsSync(join(directory, 'scripts', 'deploy.ts')))
      assert.equal(readdirSync(join(directory, '.toolkit', 'sets')), [toolkit.id])
    }
  }),
)

assembling('a file that arrived damaged makes no set, and the one that was there stays', () =>
  inVps(async directory => {
    await assemble(directory)
    const [first] = toolkit.files
    writeFileSync(join(directory, '.toolkit', 'blobs', first?.blob ?? ''), 'damaged')
    const { code, stderr } = await assemble(directory, { ...toolkit, id: 'f'.repeat(16) })
    assert.is.not(code, 0)
    assert.match(stderr, /FAILED/)
    assert.is(readlinkSync(join(directory, '.toolkit', 'current')), `sets/${toolkit.id}`)
  }),
)

assembling("somebody's own directory is left alone, and that is said; five sets are kept", () =>
  inVps(async directory => {
    mkdirSync(join(directory, 'scripts'))
    assert.match((await assemble(directory)).stdout, /^kept scripts$/m)
    assert.equal(readdirSync(join(directory, 'scripts')), [])
    for (let set = 0; set < 7; set += 1)
      assert.is((await assemble(directory, { ...toolkit, id: String(set).repeat(16) })).code, 0)
    assert.is(readdirSync(join(directory, '.toolkit', 'sets')).length, 5)
    assert.is(readlinkSync(join(directory, '.toolkit', 'current')), `sets/${'6'.repeat(16)}`)
  }),
)

assembling.run()
