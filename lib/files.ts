import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from './failure.ts'

/**
 * Replaces a file whole or not at all: temp file, fsync, rename, fsync of the directory. Whoever reads it
 * sees the old text or the new one, also after a crash of the machine.
 * @throws Failure when the disk has no room for it.
 */
export function writeAtomically(file: string, text: string, mode = 0o644): void {
  const temporary = `${file}.partial`
  rmSync(temporary, { force: true }) // a crash may have left one with another mode
  const descriptor = openSync(temporary, 'wx', mode)
  try {
    // All of it or an error: one write alone is cut short when the disk is full.
    demandRoom(file, () => writeFileSync(descriptor, text))
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, file)
  syncDirectory(dirname(file))
}

/** Writes a file. @throws Failure when the disk has no room for it. */
export function demandRoom(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG') || !(error instanceof Error)) throw error
    const what = `${file} cannot be written: ${error.message}`
    throw new Failure({ what, fix: `make room: df -h ${dirname(file)} shows what is full` }, undefined, error)
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A file's text, or undefined where there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Whether an error of the operating system is one of these (errno(3)). */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.some(code => code === error.code)

/** Whether this process may run a file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
