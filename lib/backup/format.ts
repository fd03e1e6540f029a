import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'

/** What a file is, by its first bytes and not by its name; pg_restore reads pg_dump's `custom` format and its tar alike. */
export type Format = 'sql' | 'gzip' | 'zstd' | 'custom'

/** So many bytes at a file's front tell what it is, and at its end whether it is whole. */
const partSize = 4096

/** RFC 1952, RFC 8878, pg_dump's pg_backup_archiver.h, and tar's first name as pg_backup_tar.c writes it. */
const magic: readonly (readonly [Format, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['custom', 'PGDMP'],
  ['custom', 'toc.dat\0'],
]

/** Other formats that people have: their first bytes, their names, and the command that makes `a` usable as `b`. */
const others: readonly (readonly [start: RegExp, name: string, command: string])[] = [
  [/^BZh\d/, 'compressed by bzip2', 'bunzip2 --stdout a > b'],
  [/^\xfd7zXZ\0/, 'compressed by xz', 'unxz --stdout a > b'],
  [/^PK(\x03\x04|\x05\x06)/, 'a zip archive', 'unzip -p a > b'],
  [/^\x04\x22\x4d\x18/, 'compressed by lz4', 'lz4 -dc a > b'],
  [
    /^(\xff\xfe|[^\0]\0[^\0]\0[^\0]\0)/,
    'text in UTF-16, as the > of PowerShell writes it',
    utf16('UTF-16LE'),
  ],
  [/^(\xfe\xff|\0[^\0]\0[^\0]\0[^\0])/, 'text in UTF-16', utf16('UTF-16BE')],
  [/^[^\n]*\r\n/, 'text with the line ends of Windows (CRLF)', "tr -d '\\r' < a > b"],
  [/^.{257}ustar/s, 'a tar archive, but none of pg_dump', 'tar -xOf a > b'],
  [
    /^(?:--[^\n]*\n|\s|\\restrict \S+\n)*-- PostgreSQL database cluster dump/,
    'a dump of a whole server, by pg_dumpall',
    String.raw`sed -n '/^\\connect -*.*"*NAME"*$/,/^-- PostgreSQL database dump complete/p' a | sed -E '/^\\(connect|restrict) /d' > b`,
  ],
]

function utf16(encoding: string): string {
  return `iconv -f ${encoding} -t UTF-8 a | sed '1s/^\\xef\\xbb\\xbf//' | tr -d '\\r' > b`
}

/** @param head a file's first {@link partSize} bytes, a character each */
export const formatIn = (head: string): Format =>
  magic.find(([, start]) => head.startsWith(start))?.[0] ?? 'sql'

/**
 * What a format is called that is not restored, and the command that makes it usable; undefined for the others.
 * @param database the one that is wanted out of a dump of many
 */
export function foreignFormat(
  head: string,
  file: string,
  database: string,
): { name: string; fix: string } | undefined {
  if (formatIn(head) !== 'sql') return undefined
  const [, name, command] = others.find(([start]) => start.test(head)) ?? []
  if (name === undefined || command === undefined) return undefined
  const usable = `${file.replace(/\.(sql)?(\.?(bz2|xz|zip|lz4|tar))?$/, '')}-usable.sql`
  const words = command
    .replace('NAME', database)
    .replace(/ a( |$)/, ` ${quoted(file)}$1`)
    .replace(/ b$/, ` ${quoted(usable)}`)
  return { name, fix: `make it usable, and give ${basename(usable)} instead: ${words}` }
}

/** So many bytes of a file from one on, its front unless told; a character a byte. */
export function partOf(file: string, at = 0): string {
  const buffer = Buffer.alloc(partSize)
  const descriptor = openSync(file, 'r')
  try {
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, at))
  } finally {
    closeSync(descriptor)
  }
}

/** Why a file is no backup that one can restore. */
export const badFile = (
  file: string,
  why: string,
  fix = 'choose another one: backup.ts --list shows them',
): Failure => new Failure({ what: `${basename(file)} cannot be restored: ${why}`, detail: file, fix })

/** The last thing that pg_dump writes (PostgreSQL's src/bin/pg_dump/pg_dump.c); without it the dump is cut off. */
const endMarker = '-- PostgreSQL database dump complete'

/** What is wrong with a dump's two ends, or undefined: the end marker, and the token that pg_dump 17.6 and later closes. */
export function endsProblem(head: string, tail: string): string | undefined {
  if (!tail.includes(endMarker)) return `its last kilobytes lack "${endMarker}"`
  const opened = /^\\restrict (\S+)$/m.exec(head)?.[1]
  const closed = /^\\unrestrict (\S+)$/m.exec(tail)?.[1]
  if (opened === closed) return undefined
  return `it begins with \\restrict ${opened ?? 'missing'} and ends with \\unrestrict ${closed ?? 'missing'}`
}

/** The same of a file that is a plain dump. @param size of it, in bytes */
export const cutOff = (file: string, size: number): string | undefined =>
  endsProblem(partOf(file), partOf(file, Math.max(0, size - partSize)))
