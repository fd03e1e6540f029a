import { UsageError } from './failure.ts'
import { shown } from './text.ts'

type Described = Readonly<{ short?: string; describe: string }>
type Flag = Described & { readonly type: 'flag' }
interface Value extends Described {
  readonly type: 'value'
  /** How help names the value: `<tag>`. */
  readonly value: string
  readonly choices?: readonly string[]
  /** What `--name` without a value means. Without this, a value is demanded. */
  readonly bare?: string
}
export type Options = Readonly<Record<string, Flag | Value>>

/** A word without a dash, in its place: `check` or `rotate`. */
export interface Word {
  readonly choices: readonly string[]
  readonly optional?: boolean
}

/** The options as they were given. */
export type Parsed<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Flag ? boolean : string | undefined
}

/** What a script says of itself: all that parsing its arguments, its help and running it need. */
export interface Command<O extends Options> {
  readonly name: string
  readonly summary: string
  readonly options: O
  readonly words?: readonly Word[]
  /** Lines of `command  what it does`, every one of which works as printed. */
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** It hands the terminal to another program: over SSH, that program gets this very one. */
  readonly interactive?: boolean
  /** What they mean here, where that is less than the contract's table. */
  readonly exitCodes?: string
  readonly run: (options: Parsed<O>, words: readonly string[]) => Promise<number>
}

/** Options that mean the same in every script. */
export const commonOptions = {
  environment: {
    type: 'value',
    short: 'e',
    value: '<staging|production>',
    describe: "which environment; not needed inside an environment's directory",
  },
  wait: {
    type: 'value',
    value: 'duration',
    bare: '15m',
    describe: 'wait for another run to end (30s, 15m, 1h; 15m unless told)',
  },
  host: {
    type: 'value',
    value: '<user@host>',
    describe: 'run there over SSH (default: <NAME>_HOST)',
  },
  attach: {
    type: 'value',
    value: 'run',
    bare: 'latest',
    describe: 'show a run that is under way, or was (default: the latest)',
  },
  yes: { type: 'flag', short: 'y', describe: 'do not ask for confirmation' },
  json: { type: 'flag', describe: 'print every event as a line of JSON' },
  verbose: { type: 'flag', short: 'v', describe: 'show every command that is run' },
} as const satisfies Options

/** An option with a value: what help calls that, and what it is for. */
export const value = (name: string, describe: string) => ({ type: 'value', value: name, describe }) as const

/** `90s`, `15m`, `1h`, `30d` in milliseconds; 0 where nothing is given. @throws UsageError for anything else. */
export function parseDuration(option: string, text: string | undefined): number {
  if (text === undefined) return 0
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text)
  if (!match)
    throw new UsageError(`--${option} is ${shown(text)}; expected a duration such as 30s, 15m, 1h or 30d`)
  return (
    Number(match[1]) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 's' | 'm' | 'h' | 'd']
  ) // the pattern allows no other
}

/** A whole number from 1 on. @throws UsageError for anything else, with what was expected. */
export function parseCount(option: string, text: string, expected = 'a whole number such as 10'): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`--${option} is ${shown(text)}; expected ${expected}`)
}
