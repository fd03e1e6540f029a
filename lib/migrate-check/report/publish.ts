import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { count } from '../../base/text.ts'
import { harmless } from '../../run/workflow-command.ts'
import type { Report } from '../check.ts'
import { fails } from '../finding.ts'
import { annotations, summary } from './github.ts'
import { sumOf, terminalReport } from './terminal.ts'
import { inWords, type Verdict, verdicts } from './verdict.ts'

/** Says what was found to whoever reads: a program, GitHub, or a person. @returns the exit code. */
export function publish(
  report: Report,
  about: {
    readonly backend: string
    readonly ms: number
    readonly json: boolean
    /** Show notes as well. */
    readonly verbose: boolean
    readonly changed: ReadonlySet<string> | undefined
  },
): 0 | 1 {
  const { findings, allowed } = report
  const each = verdicts(report.revisions, { ...report, ...about })
  const exitCode = findings.some(fails) ? 1 : 0
  const shown = about.verbose ? findings : findings.filter(({ level }) => level !== 'note')
  const text = {
    title: `migrate-check ${about.backend}: ${count(each.length, 'revision')} (${report.versions})`,
    findings: shown,
    ...{ allowed, verdicts: each, ms: about.ms },
    scope: about.changed ? ('changed' as const) : ('all' as const),
  }
  const isGitHub = process.env['GITHUB_ACTIONS'] === 'true'
  if (about.json) process.stdout.write(jsonReport(report, each, { exitCode, ms: Math.round(about.ms) }))
  else {
    const colour = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb' && !process.env['NO_COLOR']
    const width = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
    const said = terminalReport(text, { colour, width })
    process.stdout.write(isGitHub ? harmless(said) : said)
  }
  if (isGitHub && !about.json) {
    const path = relative(process.env['GITHUB_WORKSPACE'] ?? process.cwd(), about.backend)
    for (const line of annotations(shown, path && `${path}/`)) process.stdout.write(`${line}\n`)
  }
  const file = process.env['GITHUB_STEP_SUMMARY']
  if (file) appendFileSync(file, summary(`Migrations: ${sumOf(text)}`, each, { findings: shown, allowed }))
  return exitCode
}

/** The report for a program: one object. */
const jsonReport = ({ findings, allowed }: Report, all: readonly Verdict[], head: object): string =>
  `${JSON.stringify({
    ...head,
    findings,
    allowed: allowed.map(({ finding, reason }) => ({ ...finding, reason })),
    revisions: all.map(({ revision, isNew, step, locks, reversible, says }) => ({
      revision: revision.id,
      file: revision.file.file,
      title: revision.title,
      new: isNew,
      verdict: says,
      reversible,
      does: inWords(step),
      ms: step?.ms,
      locks: locks.map(([table, mode]) => ({ table, mode })),
      sql: step?.statements.map(({ sql, ms, rows, line }) => ({ sql: sql.trim(), ms, rows, line })),
    })),
  })}\n`
