import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { scratchDirectory } from '../docker/throwaway.ts'
import type { Applied } from './applying.ts'
import type { Statement, Step } from './facts.ts'
import { about, type Finding, type Level } from './finding.ts'

/**
 * The rules of squawk (https://squawkhq.com/docs/rules) that are about what a migration does to a running database.
 * Matters of taste are left out; drops, renames, types and required columns are measured from the catalog instead.
 */
const rules: Readonly<Record<string, Level>> = {
  'ban-drop-database': 'blocks',
  'ban-truncate-cascade': 'blocks',
  'ban-concurrent-index-creation-in-transaction': 'error',
  'require-concurrent-index-creation': 'warning',
  'require-concurrent-index-deletion': 'warning',
  'adding-foreign-key-constraint': 'warning',
  'constraint-missing-not-valid': 'warning',
  'disallowed-unique-constraint': 'warning',
  'adding-serial-primary-key-field': 'warning',
  'adding-not-nullable-field': 'warning',
  'adding-field-with-default': 'warning',
  'ban-drop-not-null': 'warning',
  'ban-create-domain-with-constraint': 'warning',
  'ban-alter-domain-with-add-constraint': 'warning',
  'transaction-nesting': 'warning',
  'syntax-error': 'note',
}

interface Violation {
  readonly file: string
  /** Counted from 0. */
  readonly line: number
  readonly message: string
  readonly help: string | null
  readonly rule_name: string
}

const program = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'squawk')

/** Lints the SQL that was really executed, all revisions with one squawk process. */
export async function lint(applied: readonly Applied[]): Promise<Finding[]> {
  const directory = scratchDirectory()
  try {
    const files = applied
      .filter(({ step }) => step.statements.length > 0)
      .map(each => ({
        ...each,
        file: join(directory, `${each.revision.id}.sql`),
        ...sqlFile(each.step.statements),
      }))
    if (files.length === 0) return []
    for (const { file, text } of files) writeFileSync(file, text)
    const options = ['--reporter', 'json', '--assume-in-transaction', '--pg-version', '17']
    const ran = await attempt([program, ...options, ...files.map(({ file }) => file)])
    const violations = parse(ran.stdout)
    if (!violations)
      throw new Failure({ what: 'squawk cannot be run', detail: lastLines(ran.stderr, 5), fix: 'npm ci' })
    return files.flatMap(({ file, starts, ...each }) => {
      const own = violations.filter(violation => violation.file === file)
      return unique(own.flatMap(violation => findingOf(violation, each, starts)))
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function parse(text: string): Violation[] | undefined {
  try {
    return JSON.parse(text) as Violation[] // squawk's own reporter wrote it
  } catch {
    return undefined
  }
}

/** Statements as a file, and the line on which each begins. */
export function sqlFile(statements: readonly Statement[]): { text: string; starts: number[] } {
  const starts: number[] = []
  let text = ''
  for (const { sql } of statements) {
    starts.push(text.split('\n').length - 1)
    text += `${sql.trim().replace(/;$/, '')};\n`
  }
  return { text, starts }
}

function findingOf(
  { rule_name: rule, line, message, help }: Violation,
  { step, revision }: Applied,
  starts: readonly number[],
): Finding[] {
  const level = rules[rule]
  const statement = step.statements[starts.findLastIndex(start => start <= line)]
  if (level === undefined || !statement) return []
  if (rule === 'require-concurrent-index-creation' && !onTableBefore(statement.sql, step)) return []
  if (rule === 'ban-concurrent-index-creation-in-transaction' && !statement.transaction) return []
  return [
    {
      ...about(`squawk.${rule}`, level, revision, statement.line),
      what: `${statement.sql.trim().replace(/\s+/g, ' ').slice(0, 80)}`,
      why:
        rule === 'syntax-error'
          ? `squawk cannot read this statement (${message}), so it was not linted.`
          : message,
      fix: help ?? `https://squawkhq.com/docs/${rule}`,
    },
  ]
}

/** A table that the same revision has made holds no rows that anybody waits for. */
function onTableBefore(sql: string, step: Step): boolean {
  const table = /\bon\s+(?:only\s+)?([\w."]+)/i.exec(sql)?.[1]?.replaceAll('"', '').split('.').at(-1)
  return table === undefined || (step.tables ?? []).some(name => name.split('.').at(-1) === table)
}

function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(finding => [`${finding.id} ${finding.line}`, finding])).values()]
}
