import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  unlinkSync,
} from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { isCode } from '../../base/system-errors.ts'

/** A regular file, as it was when it was looked at. */
export interface FoundFile {
  /** Its whole path. */
  readonly path: string
  readonly bytes: number
  /** When it was last written, in ms since 1970. */
  readonly changedAt: number
  readonly inode: number
  readonly device: number
}

/**
 * The regular files in a directory of the environment, and below it. A symbolic link is neither a file here nor a
 * way to anywhere, and another file system that is mounted below is not entered.
 */
export function filesIn(directory: string, depth: 'whole' | 'flat'): FoundFile[] {
  const top = lstatSync(directory, { throwIfNoEntry: false })
  return top?.isDirectory() ? below(directory, top.dev, depth) : []
}

function below(directory: string, device: number, depth: 'whole' | 'flat'): FoundFile[] {
  const files: FoundFile[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = `${directory}${sep}${entry.name}` // tens of thousands of times: `join` would cost more than the look
    if (entry.isFile()) files.push(...found(path))
    else if (entry.isDirectory() && depth === 'whole' && lstatSync(path).dev === device)
      files.push(...below(path, device, depth))
  }
  return files
}

/** A file; nothing where it is gone meanwhile, or no regular file. */
export function found(path: string): FoundFile[] {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) return []
  return [{ path, bytes: stat.size, changedAt: stat.mtimeMs, inode: stat.ino, device: stat.dev }]
}

/**
 * Removes files that are still what they were. Their directory is held open while it is done, and has to be inside
 * `root` then: whatever is renamed or linked meanwhile, nothing outside is reached.
 * @returns those that were removed.
 */
export function removeFiles(root: string, files: readonly FoundFile[]): FoundFile[] {
  const inside = realpathSync(root) + sep
  const byDirectory = new Map<string, FoundFile[]>()
  for (const file of files) {
    const directory = dirname(file.path)
    const there = byDirectory.get(directory)
    if (there) there.push(file)
    else byDirectory.set(directory, [file])
  }
  return [...byDirectory].flatMap(([directory, within]) => removeIn(directory, within, inside))
}

function removeIn(directory: string, files: readonly FoundFile[], inside: string): FoundFile[] {
  const descriptor = openDirectory(directory)
  if (descriptor === undefined) return []
  try {
    const held = `/proc/self/fd/${descriptor}`
    if (!`${readlinkSync(held)}${sep}`.startsWith(inside)) return []
    return files.filter(file => removeIfSame(`${held}${sep}${file.path.slice(directory.length + 1)}`, file))
  } finally {
    closeSync(descriptor)
  }
}

/** Undefined where it is gone, or a link now. */
function openDirectory(directory: string): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  }
}

function removeIfSame(path: string, was: FoundFile): boolean {
  const is = found(path)[0]
  if (is?.inode !== was.inode || is.device !== was.device || is.changedAt !== was.changedAt) return false
  unlinkSync(path)
  return true
}

/** A path as people read it: from the environment's directory on. */
export const shortPath = (root: string, { path }: FoundFile): string =>
  path.startsWith(`${root}${sep}`) ? path.slice(root.length + 1) : relative(root, path)
