import { describeProblem } from '../../base/failure.ts'
import { duration, printable } from '../../base/text.ts'
import type { RunEvent } from '../../run/events.ts'
import type { Ended } from '../../run/outcome.ts'

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

/** What the record says besides the run's own events. */
export interface Circumstances {
  readonly ended: Ended
  /** Milliseconds since 1970. */
  readonly now: number
  /** One line each, the newest first. */
  readonly backups: readonly string[]
  /** How many webhooks people are told by. */
  readonly told: number
  /** Commands that work as printed, for the things that a person still has to look at. */
  readonly commands: { readonly logs: string; readonly status: string }
}

/** Whether something was rolled back: by itself, by a person, or not as it should have been. */
export function isIncident(events: readonly RunEvent[], ended: Ended): boolean {
  const script = all(events, 'run-started')[0]?.script
  if (ended.outcome === 'needs a person' || all(events, 'taking-back').length > 0) return true
  return script === 'rollback' && ended.outcome === 'done'
}

/** The documented rollback checklist, filled in from a run's log, ready for the post-mortem (Markdown). */
export function incidentRecord(events: readonly RunEvent[], about: Circumstances): string {
  const [started] = all(events, 'run-started')
  const tag = all(events, 'target')[0]?.tag
  const [noticed] = all(events, 'taking-back')
  const problem = about.ended.problem ?? noticed?.problem
  const what = `${started?.script}${tag ? ` of ${tag}` : ''} in ${started?.environment}`
  const began = started?.at ?? about.now
  const facts: [string, string | undefined][] = [
    ['Problem', problem?.what ?? 'a person asked for the rollback'],
    ['Result', `${about.ended.outcome}, exit code ${about.ended.exitCode}`],
    ['By', started?.who],
    ['Workflow run', started?.why],
    ['Began', time(began)],
    ['Noticed', noticed && `${time(noticed.at)}, after ${duration(noticed.at - began)}`],
    ['Ended', `${time(about.now)}, after ${duration(about.now - began)}`],
    ['Run log', started?.log],
  ]
  return `${[
    `# Incident ${time(began)}: ${oneLine(what)}, ${about.ended.outcome}`,
    table(
      ['', ''],
      facts.flatMap(([name, value]) => (value ? [[name, value]] : [])),
    ),
    ...(problem ? [fenced(describeProblem(problem))] : []),
    '## Rollback checklist',
    checklist(events, about),
    '## Timeline',
    timeline(events),
    '## Health before and after',
    ...evidenceAbout(events, 'health '),
    '## Last lines of the failing container',
    ...evidenceAbout(events, 'last lines '),
    '## Post-mortem, within 48 hours',
    [
      'Root cause',
      'What users noticed',
      'Why nothing found it earlier',
      'What will be changed, by whom, until when',
    ]
      .map(question => `- [ ] ${question}:`)
      .join('\n'),
  ].join('\n\n')}\n`
}

function checklist(events: readonly RunEvent[], about: Circumstances): string {
  const { ended, backups, told, commands } = about
  const isWell = ended.outcome === 'done' || ended.outcome === 'rolled back'
  const steps = all(events, 'step-finished')
  const tests = steps.filter(({ title }) => /smoke tests|serves as before|health/i.test(title))
  const last = tests.at(-1)
  const failed = steps.find(({ outcome }) => outcome === 'failed')
  const box = (done: boolean, item: string, detail: string): string =>
    `- [${done ? 'x' : ' '}] ${item}: ${oneLine(detail)}`
  return [
    box(
      failed !== undefined,
      'Identify the issue (deployment or database)',
      failed ? `${failed.title}: ${failed.note ?? ''}` : 'why was it rolled back?',
    ),
    box(
      backups.length > 0,
      'Check available backups',
      backups.length > 0 ? `${backups.length} newest below` : 'there is none',
    ),
    ...backups.map(backup => `  - ${oneLine(backup)}`),
    box(
      told > 0,
      'Notify team of rollback in progress',
      told > 0 ? `by ${told} webhook${told === 1 ? '' : 's'}` : 'NOTIFY_WEBHOOK_URL is not set: tell them',
    ),
    box(isWell, 'Execute rollback procedure', `${ended.outcome}, exit code ${ended.exitCode}`),
    box(
      isWell && last?.outcome === 'done',
      'Verify health checks pass',
      last ? `${last.title}: ${last.outcome}` : 'nothing was tested',
    ),
    box(false, 'Check application functionality', 'log in, look at a shipment, upload a document'),
    box(false, 'Monitor logs for errors', `\`${commands.logs}\`, and \`${commands.status}\``),
    box(false, 'Document incident and root cause', 'below'),
  ].join('\n')
}

function timeline(events: readonly RunEvent[]): string {
  const rows = events.flatMap((event): string[][] => {
    const at = time(event.at).slice(11)
    if (event.type === 'step-finished')
      return [[at, event.outcome, event.title, event.note ?? '', duration(event.ms)]]
    if (event.type === 'taking-back') return [[at, '**problem**', event.problem.what, '', '']]
    if (event.type === 'warning') return [[at, 'warning', event.problem.what, '', '']]
    if (event.type === 'note') return [[at, 'note', event.text, '', '']]
    return []
  })
  return table(['ended at', '', 'what', '', 'took'], rows)
}

function evidenceAbout(events: readonly RunEvent[], what: string): string[] {
  const found = all(events, 'evidence').filter(event => event.what.startsWith(what))
  if (found.length === 0) return ['Nothing was noted.']
  return found.map(
    event =>
      `${event.what[0]?.toUpperCase()}${event.what.slice(1)}, ${time(event.at)}:\n\n${fenced(event.text)}`,
  )
}

function all<Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type)
}

/** `2026-01-03 14:30:00 UTC` */
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

const oneLine = (text: string): string => printable(text).replaceAll(/\s*\n\s*/g, ' ')
const cell = (text: string): string => oneLine(text).replaceAll('|', '\\|')
const fenced = (text: string): string => `\`\`\`text\n${printable(text).replaceAll('```', "'''")}\n\`\`\``
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n')
