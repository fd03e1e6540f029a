import { constants, type Stats } from 'node:fs'
import {
  chmod,
  chown,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  symlink,
  utimes,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../base/failure.ts'
import { fixOf, isCode, notThere } from '../base/system-errors.ts'
import { bytes, count, shown } from '../base/text.ts'
import { userName } from '../base/user.ts'

/** What a copy of a tree came to. */
export interface Copied {
  readonly files: number
  readonly bytes: number
  /** How many of the files were there already, in the copy before, and take no room. */
  readonly linked: number
}

interface Copying {
  /** What is copied, and where to. */
  readonly from: string
  readonly to: string
  readonly signal: AbortSignal
  readonly progress?: ((text: string) => void) | undefined
  readonly room?: ((bytes: number) => Promise<void>) | undefined
  readonly sum: { files: number; bytes: number; linked: number }
}

/**
 * Copies a tree: names (bytes, in whatever encoding), content, modes, times and links; owners too where we may. Files
 * that are as in `previous` are linked to it. What goes away meanwhile is left out; sockets and pipes are no content.
 *
 * Whoever may write into the tree may swap anything in it while it is read. So everything is opened in the directory
 * that is open already, following no link, and what was opened is what is looked at and copied.
 * @param options.room throws where there is none for so many bytes. A file with holes in it takes as much as it is long
 * @throws Failure when a directory of the copy lacks what its source has, or something may not be read
 */
export async function copyTree(
  from: string,
  to: string,
  options: {
    previous?: string | undefined
    signal: AbortSignal
    progress?: (text: string) => void
    room?: (bytes: number) => Promise<void>
  },
): Promise<Copied> {
  const copying = { ...options, from, to, sum: { files: 0, bytes: 0, linked: 0 } }
  const root = await open(from, constants.O_RDONLY | constants.O_DIRECTORY).catch(notThere())
  if (root === undefined) {
    await mkdir(to, { recursive: true })
    return copying.sum
  }
  const previous = options.previous === undefined ? undefined : await openedBefore(options.previous)
  try {
    await copyDirectory(root.fd, await root.stat(), Buffer.from(to), previous?.fd, copying)
  } finally {
    await previous?.close()
    await root.close()
  }
  return copying.sum
}

const child = (directory: Buffer, name: Buffer): Buffer => Buffer.concat([directory, Buffer.from('/'), name])

/**
 * A directory of the copy before, in which there may be links to anywhere: none is followed, or a file of root's could be
 * taken for the copy of one that somebody has made to look like it.
 */
const openedBefore = (directory: Buffer | string): Promise<FileHandle | undefined> =>
  open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    notThere('ELOOP', 'ENOTDIR'),
  )

/** @param previous the descriptor of that directory in the copy before */
async function copyDirectory(
  descriptor: number,
  about: Stats,
  to: Buffer,
  previous: number | undefined,
  copying: Copying,
): Promise<void> {
  const { sum, signal, progress } = copying
  await mkdir(to, { recursive: true, mode: 0o700 })
  const expected: Buffer[] = []
  // Node has no openat(2): a name in an open directory is reached by the directory's descriptor (proc(5)).
  const from = Buffer.from(`/proc/self/fd/${descriptor}`)
  for (const name of await readdir(from, { encoding: 'buffer' })) {
    signal.throwIfAborted()
    const target = child(to, name)
    const before = previous === undefined ? undefined : child(Buffer.from(`/proc/self/fd/${previous}`), name)
    const isIn = await copyEntry(child(from, name), target, before, copying).catch((error: unknown) => {
      throw unreadable(error, target, copying)
    })
    if (isIn) expected.push(name)
    if (sum.files % 100 === 0) progress?.(`${count(sum.files, 'file')}, ${bytes(sum.bytes)}`)
  }
  await demandAll(expected, to)
  await own(to, about)
  await chmod(to, about.mode & 0o7777) // last: it may forbid us to write into it
}

/**
 * @param tries how often it is looked at again when it was swapped for something of another kind meanwhile
 * @returns whether it is in the copy: not when it was removed meanwhile, or is no content
 */
async function copyEntry(
  source: Buffer,
  target: Buffer,
  before: Buffer | undefined,
  copying: Copying,
  tries = 100,
): Promise<boolean> {
  if (tries === 0)
    throw new Failure({
      what: `${shown(target.toString())} cannot be copied: something replaces it all the time`,
      fix: 'find out what writes into uploads/, then make the backup again',
    })
  const again = () => copyEntry(source, target, before, copying, tries - 1)
  const listed = await lstat(source).catch(notThere())
  if (!listed) return false
  if (listed.isSymbolicLink()) {
    const to = await readlink(source, { encoding: 'buffer' }).catch(notThere('EINVAL')) // it is none by now
    if (to === undefined) return again()
    await symlink(to, target) // the link itself, never what it leads to
    return true
  }
  if (!listed.isFile() && !listed.isDirectory()) return false
  // Not blocking: a pipe that was put there since would wait for a writer for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const opened = await open(source, flags).catch(notThere('ELOOP', 'ENXIO'))
  if (!opened) return again()
  try {
    const about = await opened.stat()
    if (about.isDirectory()) await copyBelow(opened.fd, about, target, before, copying)
    else if (about.isFile()) await copyOne(opened.fd, about, target, before, copying)
    else return false
    return true
  } finally {
    await opened.close()
  }
}

async function copyBelow(
  descriptor: number,
  about: Stats,
  target: Buffer,
  before: Buffer | undefined,
  copying: Copying,
): Promise<void> {
  const previous = before && (await openedBefore(before))
  try {
    await copyDirectory(descriptor, about, target, previous?.fd, copying)
  } finally {
    await previous?.close()
  }
}

async function copyOne(
  descriptor: number,
  about: Stats,
  target: Buffer,
  before: Buffer | undefined,
  { room, sum }: Copying,
): Promise<void> {
  const old = before && (await lstat(before).catch(notThere()))
  if (before && old && isSame(old, about)) {
    await link(before, target)
    sum.linked += 1
    sum.bytes += about.size
  } else {
    await room?.(about.size)
    await copyFile(`/proc/self/fd/${descriptor}`, target, constants.COPYFILE_EXCL)
    await own(target, about)
    await chmod(target, about.mode & 0o777)
    await utimes(target, about.atime, about.mtime)
    sum.bytes += (await lstat(target)).size // it may have grown since it was opened
  }
  sum.files += 1
}

const isSame = (a: Stats, b: Stats): boolean =>
  a.isFile() &&
  a.size === b.size &&
  a.mtime.getTime() === b.mtime.getTime() && // rounded to ms, as they are written
  (a.mode & 0o777) === (b.mode & 0o777) &&
  (process.getuid?.() !== 0 || (a.uid === b.uid && a.gid === b.gid)) // as in `own`

/** A copy is compared with what was read: a name that the file system wrote otherwise would be a file less. */
async function demandAll(expected: readonly Buffer[], to: Buffer): Promise<void> {
  const there = new Set((await readdir(to, { encoding: 'buffer' })).map(name => name.toString('latin1')))
  const lacking = expected.filter(name => !there.has(name.toString('latin1')))
  if (lacking.length > 0)
    throw new Failure({
      what: `${lacking.length} of ${count(expected.length, 'name')} are missing in the copy ${shown(to.toString())}`,
      detail: lacking.map(name => shown(name.toString())).join('\n'),
      fix: 'check the disk: dmesg',
    })
}

/** An error of the operating system by the name that a person knows: the others are as they were. */
function unreadable(error: unknown, target: Buffer, { from, to }: Copying): unknown {
  const file = `${from}${target.subarray(Buffer.byteLength(to)).toString()}`
  const why = error instanceof Error ? error.message.replace(/, \w+ '.*$/s, '') : ''
  const fix = isCode(error, 'EACCES', 'EPERM')
    ? `ls -l shows whose it is and who may read it; ${userName()} must be allowed to, or run this as root`
    : fixOf(error, dirname(to))
  return fix === undefined ? error : new Failure({ what: `${shown(file)} cannot be copied: ${why}`, fix })
}

async function own(file: Buffer, about: Stats): Promise<void> {
  if (process.getuid?.() === 0) await chown(file, about.uid, about.gid)
}
