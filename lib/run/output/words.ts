import { describeProblem } from '../../base/failure.ts'
import { columns, duration, printable } from '../../base/text.ts'
import type { EventOf } from '../events.ts'

/** One sign for each way in which a step can end: never only a colour. */
export const signs = { done: '✓', skipped: '–', failed: '✗' } as const

/** `  ✓ Pull latest images  already here      1.2 s`, cut to fit; the duration stands at the right edge. */
export function stepLine(event: EventOf<'step-finished'>, width: number): string {
  const took = duration(event.ms)
  const head = `  ${signs[event.outcome]} ${event.title}`
  const room = width - head.length - took.length - 4
  const note = event.note ? fit(event.note, room) : ''
  const text = note ? `${head}  ${note}` : head
  return `${text.padEnd(width - took.length - 1)} ${took}`
}

/** The text's first line, cut to at most `room` characters; nothing where not even a word fits. */
export function fit(text: string, room: number): string {
  const line = printable(text).split('\n')[0] ?? ''
  if (line.length <= room) return line
  return room < 8 ? '' : `${line.slice(0, room - 1).trimEnd()}…`
}

const verdicts = {
  done: 'done',
  failed: 'failed, nothing was changed',
  'rolled back': 'failed and was rolled back',
  'needs a person': 'failed, manual action required',
} as const

/** How a run ended, in full: the verdict, the problem with what to do, or the result as aligned rows. */
export function closing(event: EventOf<'run-finished'>, what: string, log: string | undefined): string {
  const code = event.exitCode === 0 ? '' : `, exit code ${event.exitCode}`
  const sign = event.exitCode === 0 ? signs.done : signs.failed
  const verdict = event.left && event.outcome === 'failed' ? 'failed' : verdicts[event.outcome]
  const lines = [`${sign} ${what} ${verdict} (${duration(event.ms)}${code})`]
  if (event.problem) lines.push(indented(describeProblem(event.problem)))
  if (event.left) lines.push(indented(['left here, for the next run:', ...event.left].join('\n  ')))
  if (event.problem && log) lines.push(`  log: ${log}`)
  if (event.result) lines.push(indented(columns(event.result)))
  return lines.join('\n')
}

export const indented = (text: string): string =>
  printable(text)
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')
