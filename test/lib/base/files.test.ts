import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readIfThere, writeAtomically, writeOnWayBack } from '../../../lib/base/files.ts'
import { ended, evaluating, failureOf, inTemporary } from '../fixtures.ts'

const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8)

const writing = suite('files: a file is replaced whole or not at all')

writing('it has the new text, and nothing else is left', () =>
  inTemporary(directory => {
    const file = join(directory, 'live.map')
    writeAtomically(file, 'live blue\n')
    writeAtomically(file, 'live green\n')
    assert.is(readFileSync(file, 'utf8'), 'live green\n')
    assert.equal(readdirSync(directory), ['live.map'])
  }),
)

writing('any text comes back as it was', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    for (const text of ['', '\n', 'grüße 🚢\n', '\0', 'x'.repeat(5_000_000)]) {
      writeAtomically(file, text)
      assert.ok(readFileSync(file, 'utf8') === text)
    }
  }),
)

writing('a device is not replaced, not even by way of a link', () =>
  inTemporary(async directory => {
    const link = join(directory, 'link')
    symlinkSync('/dev/null', link)
    assert.match(
      (await failureOf(() => writeAtomically(link, 'x'))).what,
      'is no file that could be replaced',
    )
    assert.is(readlinkSync(link), '/dev/null')
  }),
)

for (const [wanted, made] of [
  [0o644, '644'],
  [0o600, '600'],
] as const)
  writing(`mode ${made}, also where the file was there with another`, () =>
    inTemporary(directory => {
      writeFileSync(join(directory, 'old'), 'x', { mode: 0o666 })
      for (const name of ['old', 'new']) {
        writeAtomically(join(directory, name), 'y', wanted)
        assert.is(mode(join(directory, name)), made)
      }
    }),
  )

writing('a reader that opened the old file goes on to see all of it', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    writeAtomically(file, 'old')
    const inode = statSync(file).ino
    writeAtomically(file, 'new')
    assert.is.not(statSync(file).ino, inode)
  }),
)

writing('what a crash left half-written is written over', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    writeAtomically(file, 'old')
    writeFileSync(`${file}.partial`, 'half of something that was longer than what comes now')
    assert.is(readFileSync(file, 'utf8'), 'old')
    writeAtomically(file, 'new')
    assert.is(readFileSync(file, 'utf8'), 'new')
    assert.equal(readdirSync(directory), ['x'])
  }),
)

writing('what a crash left with another mode does not open the new file to others', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    writeFileSync(`${file}.partial`, '', { mode: 0o666 })
    writeAtomically(file, 'secret', 0o600)
    assert.is(mode(file), '600')
  }),
)

writing('on a full disk it fails and leaves the old text, never half of the new', () =>
  inTemporary(async directory => {
    const file = join(directory, 'x')
    writeAtomically(file, 'old')
    const program = `
      import { execFileSync } from 'node:child_process'
      import { writeAtomically } from 'lib/base/files.ts'
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=1024']) // a write is cut short there
      try { writeAtomically(process.argv[1], 'new'.repeat(1000)) } catch (error) { console.log(error.what) }`
    const { stdout } = await ended(process.execPath, [...evaluating(program), file])
    assert.is(readFileSync(file, 'utf8'), 'old')
    assert.is(stdout, `${file} cannot be written: EFBIG: file too large, write\n`)
    assert.equal(readdirSync(directory), ['x'], 'nothing half is left')
  }),
)

writing('one that cannot be written leaves the old text', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    writeAtomically(file, 'old')
    mkdirSync(`${file}.partial`)
    assert.throws(() => writeAtomically(file, 'new'), /EISDIR/)
    assert.is(readFileSync(file, 'utf8'), 'old')
    assert.throws(() => writeAtomically(join(directory, 'away', 'x'), 'new'), /ENOENT/)
  }),
)

writing('killed at any moment, the file has the old text or the new one', () =>
  inTemporary(async directory => {
    const file = join(directory, 'x')
    const texts = ['old', 'new'].map(word => word.repeat(200_000))
    writeAtomically(file, texts[0] ?? '')
    // Each child replaces the file over and over, and kills itself in between, sooner or later.
    const program = `
      import { writeAtomically } from 'lib/base/files.ts'
      import { spawn } from 'node:child_process'
      spawn('sh', ['-c', 'sleep ' + process.argv[2] + '; kill -9 ' + process.pid], { detached: true, stdio: 'ignore' })
      for (let i = 0; ; i++) writeAtomically(process.argv[1], (i % 2 ? 'old' : 'new').repeat(200_000))`
    for (const seconds of ['0.02', '0.05', '0.09']) {
      await ended(process.execPath, [...evaluating(program), file, seconds])
      assert.ok(texts.includes(readFileSync(file, 'utf8')), 'it is torn')
    }
  }),
)

writing('on a way back, the old file is overwritten in its own room where no new one can be made', () =>
  inTemporary(directory => {
    const file = join(directory, 'x')
    mkdirSync(`${file}.partial`, { recursive: true })
    writeFileSync(file, 'live green ä\n')
    writeOnWayBack(file, 'live blue ü\n')
    assert.is(readFileSync(file, 'utf8'), 'live blue ü\n\n', 'no longer and no shorter: one write')
    writeOnWayBack(file, 'live green\nand more\n')
    assert.is(readFileSync(file, 'utf8'), 'live green\nand more\n')
    assert.throws(() => writeOnWayBack(file, 'x'.repeat(100_000)), /EISDIR/)
    assert.is(readFileSync(file, 'utf8'), 'live green\nand more\n', 'not even begun: it needs another block')
    assert.throws(() => writeOnWayBack(join(directory, 'away', 'x'), 'new'), /ENOENT/)
  }),
)

writing.run()

const reading = suite('files: a file that may not be there')

reading('its text, or undefined', () =>
  inTemporary(directory => {
    assert.is(readIfThere(join(directory, 'x')), undefined)
    assert.is(readIfThere(join(directory, 'away', 'x')), undefined)
    writeFileSync(join(directory, 'x'), '')
    assert.is(readIfThere(join(directory, 'x')), '')
  }),
)

reading('any other trouble is no absence', () =>
  inTemporary(directory => assert.throws(() => readIfThere(directory), /EISDIR/)),
)

reading.run()
