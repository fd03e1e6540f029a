import { userInfo } from 'node:os'

/** Who we are to this machine; the number, where it has no name: a container may run as any. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `${process.getuid?.()}` // ENOENT of getpwuid(3)
  }
}
