import { dirname } from 'node:path'
import { Failure } from './failure.ts'

/** What to look at when the operating system refused something in a directory; undefined for errors of other kinds. */
export function fixOf(error: unknown, directory: string): string | undefined {
  if (isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG'))
    return `make room: df -h ${directory} shows what is full, df -i ${directory} whether there are too many files`
  if (isCode(error, 'EROFS', 'EACCES', 'EPERM'))
    return `ls -ld ${directory} shows who may write there, findmnt -T ${directory} whether its disk is read-only`
  if (isCode(error, 'EMFILE', 'ENFILE')) return 'ulimit -n shows how many files a process may open; raise it'
  if (isCode(error, 'EIO')) return 'check the disk: dmesg'
  if (isCode(error, 'ENOMEM')) return 'free -m shows what memory is left; end what needs it, then try again'
  return undefined
}

/** What the machine did not let us do: no bug, and no stack explains it. Undefined for any other error. */
export function refused(error: unknown): Failure | undefined {
  const place = error instanceof Error && 'path' in error ? dirname(String(error.path)) : '.'
  const fix = fixOf(error, place)
  if (fix === undefined || !(error instanceof Error)) return undefined
  return new Failure({ what: `this machine refused it: ${error.message}`, fix }, undefined, error)
}

/** What was asked for; undefined where it is not there, or for one of the other codes. Every other error is thrown. */
export function whereThere<T>(ask: () => T, ...codes: readonly string[]): T | undefined {
  try {
    return ask()
  } catch (error) {
    return notThere(...codes)(error)
  }
}

/** The same for a promise that is caught: `await open(file).catch(notThere())`. */
export const notThere =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!isCode(error, 'ENOENT', ...codes)) throw error
  }

/** Whether an error of the operating system is one of these (errno(3)). */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.some(code => code === error.code)
