import { columns, count, duration, printable, wrapped } from '../../base/text.ts'
import { fails, type Level } from '../finding.ts'
import type { Judged } from '../suppressions.ts'
import type { Verdict } from './verdict.ts'

const signs: Readonly<Record<Level, string>> = { error: '✗', blocks: '✗', warning: '!', note: '·' }
const colours: Readonly<Record<Level, number>> = { error: 31, blocks: 31, warning: 33, note: 2 }

export interface ReportText extends Judged {
  readonly title: string
  readonly verdicts: readonly Verdict[]
  /** Milliseconds. */
  readonly ms: number
  /** How many verdicts are shown: those of a change, or all. */
  readonly scope: 'all' | 'changed'
}

/** How it is shown: `width` is in characters, Infinity where lines are not to be broken. */
interface Screen {
  readonly colour: boolean
  readonly width: number
}

/** The report for a person: each finding in full, then a line for each revision, then the sum. */
export function terminalReport(report: ReportText, { colour, width }: Screen): string {
  const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const broken = (text: string, indent: string, further = indent): string =>
    printable(text)
      .split('\n')
      .map(line => indent + wrapped(line.split(' '), width - further.length).join(`\n${further}`))
      .join('\n')
  const blocks = report.findings.map(({ id, level, file, line, what, why, detail, fix }) => {
    const sign = `${signs[level]} ${id}`
    const place = file ? `${file}:${line ?? 1}` : 'the whole history'
    return [
      broken(`${sign}  ${place}`, '', '  ').replace(sign, paint(colours[level], sign)),
      ...[what, why].map(text => broken(text, '  ')),
      ...(detail ? [broken(detail, '    ', '      ')] : []),
      broken(`→ ${fix}`, '  ', '    '),
      '',
    ].join('\n')
  })
  const allowed = report.allowed.flatMap(({ finding: { id, file, line }, reason }) => [
    broken(`– ${id}  ${file}:${line ?? 1}`, '', '  '),
    broken(`allowed: ${reason}`, '  '),
  ])
  const shown = report.scope === 'changed' ? report.verdicts.filter(({ isNew }) => isNew) : report.verdicts
  return [
    paint(1, broken(report.title, '', '  ')),
    '',
    ...blocks,
    ...(allowed.length > 0 ? [...allowed, ''] : []),
    ...(shown.length > 0 ? [table(shown, width), ''] : []),
    sum(report, paint),
    '',
  ].join('\n')
}

const wayBack: Readonly<Record<Verdict['reversible'], string>> = {
  yes: 'reversible',
  allowed: 'irreversible, allowed',
  no: 'not reversible',
  'not tried': '',
}

function table(verdicts: readonly Verdict[], width: number): string {
  const heads = ['  revision', 'verdict', 'way back', 'took', 'what it does, and what it locks']
  const rows = verdicts.map(({ revision, says, reversible, step }) => [
    ...[`  ${revision.id}`, says, wayBack[reversible], step ? duration(step.ms) : ''],
    '',
  ])
  const [head = '', ...lines] = columns([heads, ...rows]).split('\n')
  const left = head.length - `${heads.at(-1)}`.length
  const described = verdicts.map(({ revision, locks }, i) => {
    const words = [
      ...printable(revision.title).slice(0, 60).split(' '),
      ...locks.map(([name, mode]) => `[${mode} on ${name.replace(/^public\./, '')}]`),
    ]
    return `${lines[i]}${wrapped(words, width - left).join(`\n${' '.repeat(left)}`)}`
  })
  return [head, ...described].join('\n')
}

/** `3 revisions, 1 finding, 0 warnings` */
export function sumOf({ findings, verdicts }: Pick<ReportText, 'findings' | 'verdicts'>): string {
  const bad = findings.filter(fails).length
  const warnings = findings.filter(({ level }) => level === 'warning').length
  return [count(verdicts.length, 'revision'), count(bad, 'finding'), count(warnings, 'warning')].join(', ')
}

function sum(report: ReportText, paint: (code: number, text: string) => string): string {
  const words = `${sumOf(report)} (${duration(report.ms)})`
  return report.findings.some(fails) ? paint(31, `✗ ${words}`) : paint(32, `✓ ${words}`)
}
