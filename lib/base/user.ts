import { userInfo } from 'node:os'
import { variable } from './caller.ts'
import { printable } from './text.ts'

/** Who we are to this machine; the number, where it has no name: a container may run as any. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `${process.getuid?.()}` // ENOENT of getpwuid(3)
  }
}

/** The person or the account that started a script, also where it was started from elsewhere. */
export function whoRuns(): string {
  const told = variable('TRACEHUB_WHO') ?? variable('GITHUB_ACTOR') ?? variable('SUDO_USER')
  return printable(told ?? userName())
}
