import { stripVTControlCharacters } from 'node:util'
import { redact } from './redact.ts'

/**
 * A value that somebody gave us, made safe to print: quoted, control characters and invisible ones escaped,
 * and cut at 80 characters, so that a 10 MB argument or an escape sequence cannot take the terminal over. Secrets are
 * replaced first: of one that was cut, nobody would recognize the half that is left.
 */
export function shown(value: string): string {
  const safe = redact(value)
  const cut = safe.length > 80 ? `${safe.slice(0, 80)}…` : safe
  const quoted = JSON.stringify(cut).replace(/[\p{Cc}\p{Cf}\p{Z}]/gu, escaped)
  return safe.length > 80 ? `${quoted} (${value.length} characters)` : quoted
}

function escaped(character: string): string {
  if (character === ' ') return character
  const code = character.codePointAt(0)?.toString(16) ?? ''
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

/** Another program's output, without what could move the cursor, change colours or turn the text around. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ')
}

/** The last `count` lines that say something. */
export function lastLines(text: string, count: number): string {
  return printable(text)
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => /[^\s~^]/.test(line)) // neither empty nor Python's underlining of the line above
    .slice(-count)
    .join('\n')
}

/** Milliseconds for a person: `240 ms`, `3.2 s`, `2 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const rest = String(seconds % 60).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${rest} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`
}

/** Bytes for a person, in powers of 1024: `812 B`, `14.2 MiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = count
  let unit = 0
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** `1 request`, `2 requests`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Rows of cells as aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map(row => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '))
    .join('\n')
}

/** Lines of at most `width` characters, broken between words only: one that is longer has a line of its own. */
export function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines.splice(-1, 1, `${last} ${word}`)
    else lines.push(word)
  }
  return lines.map(line => line.trimEnd())
}
