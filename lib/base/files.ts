import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Failure } from './failure.ts'
import { fixOf, whereThere } from './system-errors.ts'

/**
 * Replaces a file whole or not at all: temp file, fsync, rename, fsync of the directory. Whoever reads it
 * sees the old text or the new one, also after a crash of the machine.
 * @throws Failure when there is no room for it, we may not, or it is a device or a pipe: root would put a file in its place.
 */
export function writeAtomically(file: string, text: string, mode = 0o644): void {
  demandRoom(file, () => {
    demandReplaceable(file)
    const temporary = `${file}.partial`
    rmSync(temporary, { force: true }) // a crash may have left one with another mode
    try {
      writeFileSync(temporary, '', { flag: 'wx', mode })
      chmodSync(temporary, mode) // whatever the umask: a container's user may have to read it
      writeFileSync(temporary, text, { flush: true }) // all of it or an error
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
    renameSync(temporary, file)
    sync(dirname(file))
  })
}

/**
 * The same on a way back, which must not need what the failure took: where no new file can be made (no room, no inode, a
 * directory that is not to be written to), the old one is overwritten in the room that it has. That is one write, filled
 * up with empty lines, so whoever reads it meanwhile sees the old text or the new one.
 * @throws Failure when that cannot be done either.
 */
export function writeOnWayBack(file: string, text: string, mode = 0o644): void {
  try {
    writeAtomically(file, text, mode)
  } catch (error) {
    if (!overwritten(file, text)) throw error
  }
}

/** Also by its name: /dev/stdout may lead to a file, and is the machine's all the same. */
function demandReplaceable(file: string): void {
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true
  if (isFile && !/^\/(dev|proc)\//.test(resolve(file))) return
  throw new Failure({ what: `${file} is no file that could be replaced`, fix: 'name a file' })
}

function overwritten(file: string, text: string): boolean {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r+')
    const { size, blocks } = fstatSync(descriptor)
    const filled = Buffer.from(text.padEnd(size - Buffer.byteLength(text) + text.length, '\n'))
    if (filled.length > Math.max(size, blocks * 512)) return false // it would need a new block
    const isWhole = writeSync(descriptor, filled, 0, filled.length, 0) === filled.length
    fsyncSync(descriptor)
    return isWhole
  } catch {
    return false // what the caller throws says why
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Writes a file. @throws Failure when the machine does not let us. */
export function demandRoom(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const fix = fixOf(error, dirname(file))
    if (fix === undefined || !(error instanceof Error)) throw error
    throw new Failure({ what: `${file} cannot be written: ${error.message}`, fix }, undefined, error)
  }
}

/** Sees to it that a file, or a directory's names, are on the disk and not only on their way there. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A file's text; undefined where there is none, or for the other codes (errno(3)). */
export const readIfThere = (file: string, ...codes: readonly string[]): string | undefined =>
  whereThere(() => readFileSync(file, 'utf8'), ...codes)

/** The names in a directory; none where there is none, nor for the other codes. */
export const namesIn = (directory: string, ...codes: readonly string[]): string[] =>
  whereThere(() => readdirSync(directory), ...codes) ?? []

/** Whether this process may run a file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
