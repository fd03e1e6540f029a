import { about, type Finding } from './finding.ts'
import type { Revision } from './history.ts'

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
