import { userInfo } from 'node:os'
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
  const { TRACEHUB_WHO: elsewhere, GITHUB_ACTOR: actor, SUDO_USER: sudo } = process.env
  return printable(elsewhere || actor || sudo || userName())
}
