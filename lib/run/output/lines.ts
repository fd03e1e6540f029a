import { styleText } from 'node:util'
import { describeProblem } from '../../base/failure.ts'
import { duration, printable } from '../../base/text.ts'
import type { EventOf, RunEvent } from '../events.ts'
import type { Listener } from '../run-log.ts'
import { closing, fit, indented, stepLine } from './words.ts'

/** A file gets a line about a long step as often as this (ms). */
const heartbeat = 15_000
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

type Format = Parameters<typeof styleText>[0]

/**
 * One line for each step when it ends. On a terminal the last line shows what runs now; a file gets a
 * line from time to time when a step takes long.
 */
export function linesRenderer(options: { verbose: boolean; terminal: boolean; colour: boolean }): Listener {
  const active = new Map<number, { readonly title: string; readonly since: number; text: string }>()
  // What reads this was asked before: an empty NO_COLOR asks for nothing, which Node sees otherwise.
  const paint = (format: Format, text: string): string =>
    options.colour ? styleText(format, text, { validateStream: false }) : text
  const width = (): number => Math.min(options.terminal ? process.stdout.columns || 80 : 100, 120)
  let what = ''
  let log: string | undefined
  let ticks = 0
  let timer: NodeJS.Timeout | undefined

  const say = (text: string): void => {
    if (options.terminal) process.stdout.write('\r\x1b[K')
    process.stdout.write(`${text}\n`)
    if (options.terminal) status()
  }
  const status = (): void => {
    const now = [...active.values()].map(
      step => `${step.title} ${duration(Date.now() - step.since)} ${step.text}`,
    )
    const line = fit(now.map(text => text.trim()).join(' · '), width() - 5)
    process.stdout.write(
      line === '' ? '\r\x1b[K' : `\r\x1b[K  ${paint('yellow', spinner[ticks % 10] ?? '')} ${line}`,
    )
  }
  const tick = (): void => {
    ticks += 1
    if (active.size === 0) return // a question may stand on the last line
    if (process.stdout.writableNeedDrain) return // nobody reads: what is shown is not to pile up
    if (options.terminal) status()
    else
      for (const step of active.values())
        if (Date.now() - step.since > heartbeat / 2)
          say(`  … ${step.title}: ${duration(Date.now() - step.since)} ${step.text}`.trimEnd())
  }

  const handle: { [Type in RunEvent['type']]?: (event: EventOf<Type>) => void } = {
    'run-started': event => {
      what = `${event.script} ${event.environment}`
      log = event.log
      say(`${paint('bold', what)}  ${paint('dim', `${event.run} by ${event.who}`)}`)
      timer = setInterval(tick, options.terminal ? 100 : heartbeat).unref()
    },
    'step-started': event => void active.set(event.step, { title: event.title, since: event.at, text: '' }),
    progress: event => {
      const step = active.get(event.step)
      if (step) step.text = printable(event.text)
    },
    'step-finished': event => {
      active.delete(event.step)
      const line = stepLine(event, width())
      const code = event.outcome === 'done' ? 'green' : event.outcome === 'failed' ? 'red' : 'dim'
      say(line.replace(/^ {2}(.)/, (_, sign: string) => `  ${paint(code, sign)}`))
    },
    note: event => say(`    ${printable(event.text)}`),
    warning: event =>
      say(paint('yellow', indented(`! ${describeProblem(event.problem).replaceAll('\n', '\n  ')}`))),
    command: event => {
      if (options.verbose)
        say(paint('dim', `      $ ${printable(event.text)}  (${duration(event.ms)}, ${event.code})`))
    },
    'run-finished': event => {
      clearInterval(timer)
      active.clear()
      if (options.terminal) process.stdout.write('\r\x1b[K')
      const [verdict = '', ...rest] = closing(event, what, log).split('\n')
      const text = [paint(event.exitCode === 0 ? 'green' : 'red', verdict), ...rest].join('\n')
      const stream = event.exitCode === 0 ? process.stdout : process.stderr
      stream.write(`${text}\n`)
    },
  }
  return event => (handle[event.type] as ((event: RunEvent) => void) | undefined)?.(event) // keyed by its own type
}
