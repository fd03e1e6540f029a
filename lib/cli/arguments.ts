import { parseArgs } from 'node:util'
import { commandOf } from '../base/command-text.ts'
import { UsageError } from '../base/failure.ts'
import type { Command, Options, Parsed } from '../base/options.ts'
import { shown } from '../base/text.ts'
import { help } from './help.ts'

/**
 * Strict: an unknown option, a missing or an unwanted value, a repeated option and a stray word are errors.
 * @throws UsageError saying what was given and what was expected.
 */
export function parse<O extends Options>(command: Command<O>, args: readonly string[]): Parsed<O> | 'help' {
  const options: Options = { ...command.options, help }
  const { values, tokens } = tokenize(command, options, args)
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (seen.has(token.name)) throw usage(command.name, `--${token.name} is given twice`)
    seen.add(token.name)
  }
  if (values['help'] === true) return 'help'
  const parsed: Record<string, string | boolean | undefined> = {}
  for (const [name, option] of Object.entries(command.options)) {
    const value = values[name]
    if (option.type === 'value' && typeof value === 'string') {
      if (value === '') throw usage(command.name, `--${name} is empty; expected ${option.value}`)
      if (option.choices && !option.choices.includes(value))
        throw usage(command.name, `--${name} is ${shown(value)}; expected ${option.choices.join(' or ')}`)
    }
    parsed[name] = option.type === 'flag' ? value === true : typeof value === 'string' ? value : undefined
  }
  return parsed as Parsed<O> // the loop above made exactly the keys and types that Parsed derives from O
}

/** @throws UsageError for a word that is missing, unknown or too many. */
export function wordsOf<O extends Options>(command: Command<O>, args: readonly string[]): string[] {
  const { positionals } = tokenize(command, { ...command.options, help }, args)
  const expected = command.words ?? []
  for (const [i, { choices, optional }] of expected.entries()) {
    const word = positionals[i]
    if (word === undefined && optional) continue
    const found = word === undefined ? 'a word is missing' : `${shown(word)} is not known here`
    if (word === undefined || !choices.includes(word))
      throw usage(command.name, `${found}; expected ${choices.join(' or ')}`)
  }
  const stray = positionals[expected.length]
  if (stray !== undefined) throw usage(command.name, `${shown(stray)} belongs to no option`)
  return positionals
}

function tokenize<O extends Options>({ name, words }: Command<O>, options: Options, args: readonly string[]) {
  const parsed = parseArgs({
    args: withBareValues(options, args),
    options: Object.fromEntries(
      Object.entries(options).map(([key, { type, short }]) => [
        key,
        { type: type === 'flag' ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
      ]),
    ),
    strict: false, // its own messages are for programmers; what it would refuse is refused below
    allowPositionals: true,
    tokens: true,
  })
  for (const token of parsed.tokens) {
    const complaint =
      token.kind === 'option'
        ? complaintOf(options, token)
        : token.kind === 'positional' && words === undefined && `${shown(token.value)} belongs to no option`
    if (complaint) throw usage(name, complaint)
  }
  return parsed
}

/** `parseArgs` has no optional values: `--wait` becomes `--wait=<bare>` unless a value follows. */
function withBareValues(options: Options, args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return args.map((arg, i) => {
    const option = arg.startsWith('--') && (end === -1 || i < end) ? options[arg.slice(2)] : undefined
    if (option?.type !== 'value' || option.bare === undefined) return arg
    const next = args[i + 1]
    return next === undefined || next.startsWith('-') ? `${arg}=${option.bare}` : arg
  })
}

interface OptionToken {
  readonly name: string
  /** As it was typed, without its value. */
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function complaintOf(
  options: Options,
  { name, rawName, value, inlineValue }: OptionToken,
): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (!option) return `there is no option ${shown(rawName)}`
  if (option.type === 'flag') return value === undefined ? undefined : `--${name} takes no value`
  if (value === undefined) return `--${name} needs a value: ${option.value}`
  if (!inlineValue && /^-./s.test(value))
    return `--${name} is followed by a word with a leading dash; expected ${option.value} (write --${name}=… if you mean it)`
  return undefined
}

const usage = (name: string, what: string): UsageError =>
  new UsageError(what, `${commandOf(name)} --help  lists the options`)
