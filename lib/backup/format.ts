import { closeSync, openSync, readSync } from 'node:fs'
import { isCode } from '../files.ts'
import { badFile } from './bad-file.ts'
import { asOwner } from './manifest.ts'

/** What a file is, by its first bytes and not by its name. */
export type Format = 'sql' | 'gzip' | 'zstd' | 'custom'

/** RFC 1952, RFC 8878, and pg_dump's pg_backup_archiver.h. */
const magic: readonly (readonly [Format, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['custom', 'PGDMP'],
]

export function formatOf(file: string): Format {
  const buffer = Buffer.alloc(8)
  try {
    const descriptor = openSync(file, 'r')
    readSync(descriptor, buffer, 0, buffer.length, 0)
    closeSync(descriptor)
  } catch (error) {
    if (isCode(error, 'EACCES', 'EPERM')) throw badFile(file, 'it may not be read', asOwner(file))
    throw error
  }
  return magic.find(([, start]) => buffer.toString('latin1').startsWith(start))?.[0] ?? 'sql'
}

/** Prints the SQL of a file whose name follows. */
export const unpack = {
  sql: 'cat --',
  gzip: 'gzip -dc --',
  zstd: 'zstd -dcq --',
} as const
