import type { RevisionFile } from './facts.ts'
import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'

export interface Judged {
  readonly findings: readonly Finding[]
  /** What a migration's own comment allows, with the reason that it gives. */
  readonly allowed: readonly { readonly finding: Finding; readonly reason: string }[]
}

/** What may be allowed: matters of judgement. A broken graph is none. */
const allowable = /^(safe|squawk|data|name)\.|^graph\.(docstring|ignored-file)$/

/** Takes out what `# migrate-check: allow <finding>: <reason>` in the revision's file allows. */
export function applySuppressions(findings: readonly Finding[], files: readonly RevisionFile[]): Judged {
  const kept: Finding[] = []
  const allowed: { finding: Finding; reason: string }[] = []
  const used = new Set<unknown>()
  for (const finding of findings) {
    const file = files.find(each => each.file === finding.file)
    const suppression = allowable.test(finding.id)
      ? file?.suppressions?.find(({ id }) => id === finding.id)
      : undefined
    if (suppression) used.add(suppression)
    if (suppression && suppression.reason !== '') allowed.push({ finding, reason: suppression.reason })
    else kept.push(finding)
  }
  return { findings: [...kept, ...files.flatMap(file => [...complaints(file, used)])], allowed }
}

function* complaints(
  { file, suppressions = [] }: RevisionFile,
  used: ReadonlySet<unknown>,
): Iterable<Finding> {
  for (const suppression of suppressions) {
    const { id, line, reason } = suppression
    if (reason === '')
      yield {
        ...about('suppression.no-reason', 'error', file, line),
        what: `the comment allows ${id} and gives no reason`,
        why: 'Whoever reviews it, and whoever looks back after an outage, must see why it was safe.',
        fix: `# migrate-check: allow ${id}: <reason>`,
      }
    else if (!used.has(suppression))
      yield {
        ...about('suppression.unused', 'note', file, line),
        what: `the comment allows ${id}, which was not found`,
        why: 'A comment that allows nothing may one day allow too much.',
        fix: allowable.test(id) ? 'delete it' : `${id} cannot be allowed: fix it`,
      }
  }
}

interface Entry {
  readonly reason: string
  readonly line: number
}

/** `<revision>  <reason>`, one a line: what is meant to be irreversible. `#` begins a comment. */
export function parseIrreversible(text: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^\s*([^\s#]+)\s*(.*)$/.exec(line)
    if (match) entries.set(match[1] ?? '', { reason: (match[2] ?? '').trim(), line: index + 1 })
  }
  return entries
}

/** The list itself is checked: a reason for each, and no revision that does not exist. */
export function* checkIrreversible(
  entries: ReadonlyMap<string, Entry>,
  revisions: readonly Revision[],
  file: string,
): Iterable<Finding> {
  for (const [id, { reason, line }] of entries)
    if (!revisions.some(revision => revision.id === id))
      yield {
        ...about('allowed.unknown', 'error', file, line),
        what: `${file} allows ${id}, and there is no such revision`,
        why: 'A list that nobody keeps hides the next mistake.',
        fix: 'delete the line, or correct the revision',
      }
    else if (reason === '')
      yield {
        ...about('allowed.no-reason', 'error', file, line),
        revision: id,
        what: `${file} allows ${id} to be irreversible and gives no reason`,
        why: 'Whoever has to roll back at night must be able to read what cannot be undone, and why.',
        fix: `write it behind the revision: ${id}  <reason>`,
      }
}
