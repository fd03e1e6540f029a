import type { Finding } from '../finding.ts'
import { inWords, type Verdict } from './verdict.ts'

/** The report for a program: one object. */
export function jsonReport(report: {
  exitCode: number
  ms: number
  findings: readonly Finding[]
  allowed: readonly { finding: Finding; reason: string }[]
  verdicts: readonly Verdict[]
}): string {
  return `${JSON.stringify({
    exitCode: report.exitCode,
    ms: Math.round(report.ms),
    findings: report.findings,
    allowed: report.allowed.map(({ finding, reason }) => ({ ...finding, reason })),
    revisions: report.verdicts.map(({ revision, isNew, step, locks, reversible, says }) => ({
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
}
