import type { Revision } from './history.ts'

/**
 * `error`: it fails, or loses something. `blocks`: it breaks the version that is still running.
 * `warning`: it may hurt. `note`: good to know.
 */
export type Level = 'error' | 'blocks' | 'warning' | 'note'

/** One thing that would hurt, where it stands, why it hurts, and what to do. */
export interface Finding {
  /** `graph.heads`, `safe.drop-column`, `squawk.ban-char-field` … : the word that a suppression names. */
  readonly id: string
  readonly level: Level
  /** Relative to the backend's directory. */
  readonly file: string
  readonly line: number
  /** Other files that may have caused it: a change of one of them has to do with it as well. */
  readonly also?: readonly string[] | undefined
  /** The revision that it belongs to, where it belongs to one. */
  readonly revision?: string | undefined
  readonly what: string
  readonly why: string
  readonly fix: string
  /** More lines for whoever looks closer: a traceback, a list. */
  readonly detail?: string | undefined
}

/** What a finding is, how bad, and where it stands: in a revision's file, or in one that belongs to no revision. */
export const about = (id: string, level: Level, place: Revision | string, line = 1) =>
  typeof place === 'string'
    ? { id, level, file: place, line }
    : { id, level, file: place.file.file, line, revision: place.id }

/** Whether a finding makes the check fail. */
export const fails = ({ level }: Finding): boolean => level === 'error' || level === 'blocks'

const order: readonly Level[] = ['error', 'blocks', 'warning', 'note']

/** The worst first; equals in the order of files and lines. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      order.indexOf(a.level) - order.indexOf(b.level) || a.file.localeCompare(b.file) || a.line - b.line,
  )
}
