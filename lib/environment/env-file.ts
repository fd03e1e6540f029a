import { parse } from 'dotenv'
import type { Problem } from '../base/failure.ts'

/**
 * Reads a `.env` file in the part of the syntax that dotenv, Compose v1 and Compose v2 all read alike:
 * `KEY=plain` with none of `# $ ' " \` or backtick, and `KEY='…'` with no quote, backslash or `${` inside (Compose v1 replaces that even there).
 * Everything else would be one value for one reader and another for the next, so it is a problem, with its line.
 */
export function parseEnvFile(
  text: string,
  file: string,
): { values: Record<string, string>; problems: Problem[] } {
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const [i, line] of text.split('\n').entries()) {
    const what = complaint(line, seen)
    if (what) problems.push({ what: `${file} line ${i + 1}: ${what}` })
  }
  return { values: problems.length === 0 ? parse(text) : {}, problems }
}

function complaint(line: string, seen: Set<string>): string | undefined {
  // Also in a comment: what stands behind one of these is a line of its own for some readers.
  if (line.includes('\r')) return 'has a carriage return in it; save the file with Unix line ends'
  if (/[\u2028\u2029]/.test(line)) return 'has a Unicode line separator in it; remove that character'
  if (line.startsWith('\ufeff')) return 'begins with a byte order mark; save the file as UTF-8 without one'
  if (line === '' || line.startsWith('#')) return undefined
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line)
  // Nothing of the line is shown: it may be a part of a secret, of a key that spans several lines for example.
  if (!match) return 'expected KEY=value, with nothing before the key and no white space before the ='
  const [, key = '', value = ''] = match
  if (seen.has(key)) return `${key} is given twice`
  seen.add(key)
  return isPlain(value) || isQuoted(value) ? undefined : `${key} ${unreadable(value)}`
}

const isPlain = (written: string): boolean =>
  /^[^#$'"\\`\p{Cc}\p{Zl}\p{Zp}]*$/u.test(written) && written === written.trim()
const isQuoted = (written: string): boolean =>
  /^'[^'\\\p{Cc}\p{Zl}\p{Zp}]*'$/u.test(written) && !written.includes('${')

function unreadable(value: string): string {
  if (/\p{Cc}/u.test(value)) return 'has a control character in it; remove it'
  const inQuotes = /^'(.*)'$/.exec(value)?.[1]
  const culprit = inQuotes === undefined ? /[#$'"\\`]/.exec(value) : /['\\]|\$\{/.exec(inQuotes)
  return culprit
    ? `has a ${culprit[0]} in it, which the programs that read this file understand differently; ` +
        "use letters, digits and -_.:/@%+=, or single quotes around a value without ' \\ ${"
    : 'begins or ends with white space; put single quotes around it'
}

/** What can be read of a text in which some lines cannot, and the keys of those. */
export function soundPart(text: string): { values: Record<string, string>; faulty: ReadonlySet<string> } {
  const seen = new Set<string>()
  const faulty = new Set<string>()
  const sound = text.split('\n').filter(line => {
    if (complaint(line, seen) === undefined) return true
    const key = /^\W*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1]
    if (key !== undefined) faulty.add(key)
    return false
  })
  return { values: parse(sound.join('\n')), faulty }
}

/** The text of a `.env` file with other values in it; its comments, its order and its other lines stay. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  const missing = new Map(Object.entries(values))
  const lines = text.split('\n').map(line => {
    const key = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1] ?? ''
    const value = missing.get(key)
    if (value === undefined) return line
    missing.delete(key)
    return lineOf(key, value)
  })
  if (lines.at(-1) === '') lines.pop()
  return `${[...lines, ...[...missing].map(([key, value]) => lineOf(key, value))].join('\n')}\n`
}

function lineOf(key: string, value: string): string {
  const line = envLine(key, value)
  if (line === undefined) throw new TypeError(`${key} cannot be written to a .env file`)
  return line
}

/** Values as the text of a `.env` file. @throws TypeError for a value that cannot be written for every reader. */
export function formatEnvFile(comment: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => lineOf(key, value))
  return `${comment.replace(/^/gm, '# ')}\n${lines.join('\n')}\n`
}

/** `KEY=value` as every reader understands it; undefined where there is no such line. */
export function envLine(key: string, value: string): string | undefined {
  if (isPlain(value)) return `${key}=${value}`
  return isQuoted(`'${value}'`) ? `${key}='${value}'` : undefined
}
