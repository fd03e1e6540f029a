import { lstatSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, ownerLabel } from './owner.ts'

/** A new directory among the temporary files, which bears the name of this process. */
export const scratchDirectory = (): string => mkdtempSync(join(tmpdir(), `migrate-check-${ownerLabel()}-`))

/** Those of runs that were killed, as far as this user may remove them. */
export function abandonedDirectories(): string[] {
  return readdirSync(tmpdir()).flatMap(name => {
    const [, owner] = /^migrate-check-(\d+-\d+-\d+)-\w+$/.exec(name) ?? []
    const directory = join(tmpdir(), name)
    return owner !== undefined && !isAlive(owner) && isRemovable(directory) ? [directory] : []
  })
}

function isRemovable(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  const user = process.getuid?.()
  return found?.isDirectory() === true && (user === 0 || found.uid === user)
}
