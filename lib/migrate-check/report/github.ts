import { printable } from '../../base/text.ts'
import { annotation, mostAnnotations } from '../../run/workflow-command.ts'
import { type Finding, fails } from '../finding.ts'
import type { Judged } from '../suppressions.ts'
import { inWords, type Verdict } from './verdict.ts'

const levelOf = (finding: Finding): 'error' | 'warning' | 'notice' =>
  fails(finding) ? 'error' : finding.level === 'warning' ? 'warning' : 'notice'

/**
 * Findings as annotations of the pull request. Of a level that has more than GitHub shows, the last place says how many
 * stand in the summary alone. `prefix` leads to the backend.
 */
export function annotations(findings: readonly Finding[], prefix: string): string[] {
  return (['error', 'warning', 'notice'] as const).flatMap(level => {
    const all = findings.filter(finding => levelOf(finding) === level)
    if (all.length <= mostAnnotations) return all.map(finding => beside(finding, prefix))
    const shown = all.slice(0, mostAnnotations - 1)
    const text = `${all.length - shown.length} more are in the summary of this run, and in its log`
    return [
      ...shown.map(finding => beside(finding, prefix)),
      annotation(level, { title: 'Migrations' }, text),
    ]
  })
}

/** A finding as an annotation. */
function beside(finding: Finding, prefix: string): string {
  const level = levelOf(finding)
  const place = finding.file ? { file: prefix + finding.file, line: finding.line ?? 1 } : {}
  const text = [finding.what, finding.why, finding.detail, `→ ${finding.fix}`]
    .filter(line => line !== undefined)
    .join('\n')
  return annotation(level, { ...place, title: finding.id }, printable(text))
}

const cell = (text: string): string =>
  printable(text).replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
const icons = { fails: '❌', blocks: '⛔', warns: '⚠️', safe: '✅', 'not tried': '–' } as const

/** The summary page: what is new, what each does, its SQL folded, whether it can be rolled back, locks, verdict. */
export function summary(title: string, verdicts: readonly Verdict[], { findings, allowed }: Judged): string {
  const news = verdicts.some(({ isNew }) => isNew) ? verdicts.filter(({ isNew }) => isNew) : verdicts
  const parts = [
    `## ${findings.some(fails) ? '❌' : '✅'} ${title}`,
    table(news),
    [...findings.map(found), ...allowed.map(permitted)].join('\n'),
    findings.length > mostAnnotations
      ? `GitHub shows ${mostAnnotations} of a level beside the lines of a pull request; this list is whole.`
      : '',
    folded(news),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n\n`
}

function table(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return ''
  const rows = verdicts.map(({ revision, says, reversible, locks, step }) => {
    const held = locks.map(([name, mode]) => `${mode} on ${name}`).join(', ')
    return `| ${icons[says]} ${says} | \`${revision.id}\` ${cell(revision.title)} | ${cell(inWords(step))} | ${reversible} | ${cell(held) || 'none'} |`
  })
  return [
    '| Verdict | Revision | What it does | Reversible | Locks on existing tables |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function found(finding: Finding): string {
  const icon = fails(finding) ? '❌' : finding.level === 'warning' ? '⚠️' : 'ℹ️'
  return `- ${icon} ${about(finding)}. ${cell(finding.why)} → ${cell(finding.fix)}`
}

const permitted = ({ finding, reason }: Judged['allowed'][number]): string =>
  `- ☑️ ${about(finding)}. Allowed in the migration: ${cell(reason)}`

const about = ({ id, file, line, what }: Finding): string =>
  `**${id}** ${file ? `\`${file}:${line ?? 1}\` ` : ''}${cell(what)}`

/** In characters: GitHub takes no summary of more than 1 MiB. */
const most = 200_000

/** The SQL of each, as much as there is room for. */
function folded(verdicts: readonly Verdict[]): string {
  let room = most
  const parts = verdicts.flatMap(({ revision, step }) => {
    const sql = (step?.statements ?? []).map(
      each => `${printable(each.sql).trim().replaceAll('```', "'''")};`,
    )
    if (sql.length === 0) return []
    const all = sql.join('\n')
    const shown = all.length > room ? `${all.slice(0, room)}\n-- … the rest is in the migration` : all
    room -= Math.min(all.length, room)
    return [`<details><summary>SQL of ${revision.id}</summary>\n\n\`\`\`sql\n${shown}\n\`\`\`\n\n</details>`]
  })
  return parts.join('\n\n')
}
