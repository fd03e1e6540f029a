import { chmodSync, lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'

const others = 0o077

/**
 * Closes an environment's directory to other users of the machine, and with it all that is below: `uploads/` and
 * `proxy/` keep the modes that their containers need, for those reach them through the engine and not by this path.
 * @returns what was open and is closed now, and what is not ours to close.
 */
export function closeToOthers(directory: string): { closed: string[]; problems: Problem[] } {
  const closed: string[] = []
  const problems: Problem[] = []
  for (const path of [directory, join(directory, 'logs'), join(directory, 'backups')]) {
    // A person may have made the whole a link to a larger disk; what a link below leads to is not ours to change.
    const look = path === directory ? statSync : lstatSync
    const stat = look(path, { throwIfNoEntry: false })
    if (!stat?.isDirectory() || (stat.mode & others) === 0) continue
    const mode = stat.mode & 0o7777
    try {
      chmodSync(path, mode & ~others)
      closed.push(`${path} was open to other users (mode ${octal(mode)}), and is closed now`)
    } catch (error) {
      if (!isCode(error, 'EPERM', 'EROFS')) throw error
      problems.push({
        what: `${path} is open to other users (mode ${octal(mode)}), and it is not ours to close`,
        fix: `sudo chmod ${octal(mode & ~others)} ${path}`,
      })
    }
  }
  return { closed, problems }
}

const octal = (mode: number): string => mode.toString(8)
