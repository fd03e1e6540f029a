import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere } from '../base/files.ts'
import { isCode } from '../base/system-errors.ts'

/** Where we may not look, anything may be. */
const unknown = 'may hold a database: only root may look'

/**
 * Whether the files of a PostgreSQL server are in a directory, or as deep below it as images put them: `pgdata`, or
 * `18/docker` since version 18. @returns `PostgreSQL 15`, the words for what nobody can tell, or undefined.
 */
export function clusterIn(directory: string, depth = 2): string | undefined {
  try {
    const version = readIfThere(join(directory, 'PG_VERSION'))
    if (version !== undefined) return `PostgreSQL ${version.trim()}`
    if (depth === 0) return undefined
    const below = readdirSync(directory, { withFileTypes: true }).filter(entry => entry.isDirectory())
    const found = below.flatMap(({ name }) => clusterIn(join(directory, name), depth - 1) ?? [])
    return found.find(text => text !== unknown) ?? found[0]
  } catch (error) {
    if (isCode(error, 'EACCES', 'EPERM')) return unknown
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** The same of a volume, whose files may be on another machine. */
export const clusterInVolume = (path: string): string | undefined =>
  existsSync(path) ? clusterIn(path) : unknown
