import { UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'

/** As the documentation has it. */
export const usualNaming = 'YYYYMMDD_HHMM_{revision}_{description}'

const words = {
  YYYYMMDD: String.raw`(?<date>\d{8})`,
  HHMM: String.raw`(?<time>\d{4})`,
  NNNN: String.raw`\d{4}`,
  '{description}': String.raw`[^\s]+`,
} as const
const tokens = /(YYYYMMDD|HHMM|NNNN|\{revision\}|\{description\})/

/**
 * How revision files are named. `YYYYMMDD`, `HHMM`, `NNNN` (four digits of any meaning), `{revision}` and
 * `{description}` stand for themselves; everything else is literal.
 */
export interface Naming {
  readonly pattern: string
  /** The name without `.py` of a file that holds this revision. */
  readonly matches: (name: string, id: string) => RegExpExecArray | null
  /** The same, whatever the revision, and without a description. */
  readonly resembles: (name: string) => RegExpExecArray | null
}

/** @returns undefined for `off`. @throws UsageError for a pattern that no name could be compared with. */
export function parseNaming(pattern: string = usualNaming): Naming | undefined {
  if (pattern === 'off') return undefined
  const left = pattern.replace(new RegExp(tokens, 'g'), '')
  const has = pattern.split(tokens)
  const twice = has.find((word, index) => tokens.test(word) && has.indexOf(word) !== index)
  if (!pattern.includes('{revision}') || /[{}/\s]/.test(left) || pattern.endsWith('.py') || twice)
    throw new UsageError(
      `naming ${shown(pattern)} is no pattern of file names`,
      `write it as ${usualNaming}: YYYYMMDD, HHMM, NNNN, {revision} and {description}, each once, without .py; or off`,
    )
  const compiled = (revision: string, loose: boolean): RegExp =>
    new RegExp(
      `^${pattern
        .split(tokens)
        .map(word => {
          if (word === '{revision}') return revision
          return Object.hasOwn(words, word) ? words[word as keyof typeof words] : escaped(word) // hasOwn asked
        })
        .join('')
        .replace(loose ? /[-_.]?\[\^\\s\]\+$/ : /$^/, '')}$`,
    )
  // An id that begins with a date orders the files by itself: `20260301_0001_add_weight.py`.
  const dated = /^(?<date>\d{8})_\d{4}_[^\s]+$/
  return {
    pattern,
    matches: (name, id) =>
      compiled(escaped(id), false).exec(name) ??
      (pattern === usualNaming && /^\d{8}_\d{4}$/.test(id) && name.startsWith(`${id}_`)
        ? dated.exec(name)
        : null),
    resembles: name => compiled('.+', true).exec(name),
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
