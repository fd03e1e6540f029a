import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Copied, copyTree } from '../../../lib/backup/tree.ts'
import { failureOf, inTemporary } from '../fixtures.ts'

const tree = suite('backups: the copy of a tree')

const copy = (directory: string, to: string, previous?: string): Promise<Copied> =>
  copyTree(join(directory, 'uploads'), join(directory, to), {
    previous: previous && join(directory, previous),
    signal: new AbortController().signal,
  })

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const inside = (directory: string, ...names: string[]): Buffer =>
  Buffer.concat([Buffer.from(directory), ...names.map(name => latin1(`/${name}`))])

tree('names are bytes, whatever their encoding, and a copy of the copy has them too', () =>
  inTemporary(async directory => {
    const files = ['Zollanmeldung_M\xfcller.pdf', 'plain.pdf', 'Auftr\xe4ge/\xff\xfe', 'Auftr\xe4ge/in.pdf']
    mkdirSync(inside(directory, 'uploads'))
    mkdirSync(inside(directory, 'uploads', 'Auftr\xe4ge'))
    for (const file of files) writeFileSync(inside(directory, 'uploads', file), file)
    symlinkSync(latin1('M\xfc'), inside(directory, 'uploads', 'li\xe9'))

    const first = await copy(directory, 'first')
    assert.is(first.files, 4)
    assert.is(first.linked, 0)
    const second = await copy(directory, 'second', 'first')
    assert.equal(second, { files: 4, bytes: first.bytes, linked: 4 })
    for (const there of ['first', 'second']) {
      for (const file of files) assert.is(readFileSync(inside(directory, there, file), 'utf8'), file)
      assert.equal(readlinkSync(inside(directory, there, 'li\xe9'), { encoding: 'buffer' }), latin1('M\xfc'))
    }
    rmSync(join(directory, 'second'), { recursive: true }) // as a retention removes it
    assert.not(existsSync(join(directory, 'second')))
  }),
)

tree('a file whose owner is another one now is copied, and not linked to the copy before', () =>
  inTemporary(async directory => {
    const file = join(directory, 'uploads', 'file')
    mkdirSync(join(directory, 'uploads'))
    writeFileSync(file, 'x')
    await copy(directory, 'first')
    const isRoot = process.getuid?.() === 0 // nobody else may give files away
    if (isRoot) chownSync(file, 1234, 1234)
    assert.is((await copy(directory, 'second', 'first')).linked, isRoot ? 0 : 1)
    if (isRoot) assert.is(statSync(join(directory, 'second', 'file')).uid, 1234)
  }),
)

tree('a link in the copy before, and now a directory: nothing that it leads to is taken for a copy', () =>
  inTemporary(async directory => {
    const [elsewhere, uploads] = ['elsewhere', 'uploads'].map(name => join(directory, name)) as [
      string,
      string,
    ]
    const theirs = join(elsewhere, 'shadow')
    for (const made of [elsewhere, uploads]) mkdirSync(made)
    writeFileSync(theirs, 'secret', { mode: 0o600 })
    symlinkSync(elsewhere, join(uploads, 'd'))
    await copy(directory, 'first')
    rmSync(join(uploads, 'd'))
    mkdirSync(join(uploads, 'd'))
    writeFileSync(join(uploads, 'd', 'shadow'), 'sesame', { mode: 0o600 })
    const { atime, mtime } = statSync(theirs)
    utimesSync(join(uploads, 'd', 'shadow'), atime, mtime)
    assert.is((await copy(directory, 'second', 'first')).linked, 0)
    assert.is(readFileSync(join(directory, 'second', 'd', 'shadow'), 'utf8'), 'sesame')
    assert.is((await copy(directory, 'third', 'second')).linked, 1)
  }),
)

tree('modes stay, but for those that lend their owner; a pipe is no content', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'uploads', 'closed'), { recursive: true })
    writeFileSync(join(directory, 'uploads', 'closed', 'file'), 'x')
    const [node] = await Promise.all([
      once(spawn('sh', ['-c', 'mkfifo "$0"', join(directory, 'uploads', 'pipe')]), 'close'),
      once(spawn('chmod', ['6751', join(directory, 'uploads', 'closed', 'file')]), 'close'),
    ])
    assert.is(node[0], 0)
    await once(spawn('chmod', ['0570', join(directory, 'uploads', 'closed')]), 'close')
    assert.is((await copy(directory, 'copy')).files, 1)
    assert.is(statSync(join(directory, 'copy', 'closed')).mode & 0o7777, 0o570)
    assert.is(statSync(join(directory, 'copy', 'closed', 'file')).mode & 0o7777, 0o751)
    assert.equal(readdirSync(join(directory, 'copy')), ['closed'])
    await once(spawn('chmod', ['-R', 'u+rwX', directory]), 'close') // its owner may remove it again
  }),
)

/** Root may read everything: its tests act as nobody meanwhile. */
async function unprivileged<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act()
  process.seteuid?.(65_534)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
  }
}

for (const [what, path] of [
  ['a file', 'uploads/scans/bill.pdf'],
  ['a directory', 'uploads/scans'],
] as const)
  tree(`${what} of another owner that may not be read is named`, () =>
    inTemporary(async directory => {
      chmodSync(directory, 0o777)
      mkdirSync(join(directory, 'uploads', 'scans'), { recursive: true })
      writeFileSync(join(directory, 'uploads', 'scans', 'bill.pdf'), 'x')
      chmodSync(join(directory, path), 0)
      const failure = await failureOf(() => unprivileged(() => copy(directory, 'copy')))
      chmodSync(join(directory, path), 0o700)
      assert.is(failure.what, `"${join(directory, path)}" cannot be copied: EACCES: permission denied`)
      assert.match(failure.fix ?? '', /^ls -l shows whose it is and who may read it; \w+ must be allowed to/)
    }),
  )

tree('there is nothing yet: an empty copy', () =>
  inTemporary(async directory => {
    assert.equal(await copy(directory, 'copy'), { files: 0, bytes: 0, linked: 0 })
    assert.equal(readdirSync(join(directory, 'copy')), [])
  }),
)

tree('a file that is swapped for a link when its name was read is a link in the copy', () =>
  inTemporary(async directory => {
    const secret = join(directory, 'secret')
    writeFileSync(secret, 'for root alone', { mode: 0o600 })
    mkdirSync(join(directory, 'uploads'))
    writeFileSync(join(directory, 'uploads', 'x.pdf'), 'x')
    const { signal } = new AbortController()
    signal.throwIfAborted = () => {
      // Asked between the reading of a name and the copy of what has it.
      rmSync(join(directory, 'uploads', 'x.pdf'))
      symlinkSync(secret, join(directory, 'uploads', 'x.pdf'))
    }
    await copyTree(join(directory, 'uploads'), join(directory, 'copy'), { signal })
    assert.is(readlinkSync(join(directory, 'copy', 'x.pdf')), secret)
  }),
)

/** What a container can do with its uploads: a name is a file now, then a link out of them. */
const swapper = `
const { renameSync, symlinkSync, writeFileSync } = require('node:fs')
const [, uploads, secret, inner] = process.argv
process.chdir(uploads)
for (;;) {
  writeFileSync('f.tmp', 'y'); renameSync('f.tmp', inner)
  symlinkSync(secret, 'l.tmp'); renameSync('l.tmp', inner)
}`

tree('a link that is swapped in while it is read leads nowhere', () =>
  inTemporary(async directory => {
    const secret = join(directory, 'secret')
    writeFileSync(secret, 'for root alone', { mode: 0o600 })
    mkdirSync(join(directory, 'uploads'))
    const child = spawn(process.execPath, ['-e', swapper, join(directory, 'uploads'), secret, 'x.pdf'])
    try {
      for (let i = 0; i < 150; i += 1) {
        await copy(directory, `copy-${i}`)
        const copied = join(directory, `copy-${i}`, 'x.pdf')
        if (lstatSync(copied, { throwIfNoEntry: false })?.isFile())
          assert.is.not(readFileSync(copied, 'utf8'), 'for root alone')
      }
      assert.is(child.exitCode, null, 'the swapper ended early')
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  }),
)

tree.run()
