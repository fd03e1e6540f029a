import { commandOf } from '../base/command-text.ts'
import type { Command, Options, Word } from '../base/options.ts'
import { columns } from '../base/text.ts'

/** Every script has it. */
export const help = { type: 'flag', short: 'h', describe: 'show this help' } as const

const contract =
  '0 done · 1 failed, nothing changed · 2 wrong usage or configuration · 3 another run holds\n' +
  'the lock · 4 failed and rolled back · 5 manual action required (the message says exactly what to run)'

const wordText = ({ choices, optional }: Word): string =>
  optional ? `[${choices.join('|')}]` : `<${choices.join('|')}>`

/** What `--help` prints. */
export function helpText<O extends Options>(command: Command<O>): string {
  const rows = Object.entries({ ...command.options, help }).map(([name, option]) => {
    const short = option.short ? `-${option.short}, ` : '    '
    const value =
      'value' in option ? (option.bare === undefined ? ` ${option.value}` : ` [${option.value}]`) : ''
    return [`  ${short}--${name}${value}`, option.describe]
  })
  return [
    command.summary,
    '',
    `Usage: ${[commandOf(command.name), ...(command.words ?? []).map(wordText), '[options]'].join(' ')}`,
    '',
    columns(rows),
    '',
    'Examples:',
    columns(command.examples.map(([line, does]) => [`  ${line}`, does])),
    '',
    `Exit codes: ${command.exitCodes ?? contract}`,
    '',
  ].join('\n')
}
