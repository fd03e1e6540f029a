import { lstatSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, ownerLabel } from './owner.ts'

/** A new directory among the temporary files, which bears the name of this process. */
export const scratchDirectory = (): string => mkdtempSync(join(tmpdir(), `migrate-check-${ownerLabel()}-`))

/**
 * Those of runs that were killed, and of nobody but this user: whoever else has made one there can put something else
 * in the place of what is being removed.
 */
export function abandonedDirectories(): string[] {
  return readdirSync(tmpdir()).flatMap(name => {
    const [, owner] = /^migrate-check-(\d+-\d+-\d+)-\w+$/.exec(name) ?? []
    const directory = join(tmpdir(), name)
    return owner !== undefined && !isAlive(owner) && isOurs(directory) ? [directory] : []
  })
}

function isOurs(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === process.getuid?.()
}
