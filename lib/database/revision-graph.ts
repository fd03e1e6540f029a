import { Failure, UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'

/** Alembic's history as the image has it. */
export interface RevisionGraph {
  readonly heads: readonly string[]
  /** Each revision with those that it builds on. */
  readonly parents: ReadonlyMap<string, readonly string[]>
  readonly titles: ReadonlyMap<string, string>
}

/** Reads `alembic history`: lines of `a1b2 -> c3d4 (head), title`, with `<base>` for the first. */
export function parseHistory(text: string): RevisionGraph {
  const parents = new Map<string, readonly string[]>()
  const titles = new Map<string, string>()
  const heads: string[] = []
  for (const line of text.split('\n')) {
    const match = /^(.+?) -> (\S+?)((?: \([^)]*\))*), ?(.*)$/.exec(line.trim())
    if (!match) continue
    const [, downs = '', revision = '', marks = '', title = ''] = match
    const below = downs
      .replace(/\([^)]*\)/g, '')
      .split(',')
      .map(word => word.trim())
      .filter(word => word !== '' && word !== '<base>')
    parents.set(revision, below)
    titles.set(revision, title)
    if (/\((?:effective )?head\)/.test(marks)) heads.push(revision)
  }
  return { heads, parents, titles }
}

/** Revisions given by a database: null for an empty one, several joined by commas. */
const revisionsOf = (revision: string | null): string[] => (revision === null ? [] : revision.split(','))

/** The revisions of a database that an image does not have: it must not be run on that schema. */
export function unknownTo(graph: RevisionGraph, revision: string | null): string[] {
  return revisionsOf(revision).filter(name => !graph.parents.has(name))
}

/** What an upgrade to head would apply to a database at `revision`, oldest first. */
export function pendingAt(graph: RevisionGraph, revision: string | null): string[] {
  const applied = new Set(revisionsOf(revision).flatMap(name => builtOn(graph, name)))
  const ordered = graph.heads.flatMap(head => builtOn(graph, head).reverse())
  return [...new Set(ordered)].filter(name => !applied.has(name))
}

/** A revision and all that it builds on, newest first. */
export function builtOn({ parents }: RevisionGraph, from: string): string[] {
  const done = new Set<string>()
  const ordered: string[] = []
  const visit = (name: string): void => {
    if (done.has(name)) return
    done.add(name)
    for (const parent of parents.get(name) ?? []) visit(parent)
    ordered.push(name)
  }
  visit(from)
  return ordered.reverse()
}

/** Which revisions are to be rolled back, newest first, and where that leads; null is an empty schema. */
export interface Descent {
  readonly from: string
  readonly to: string | null
  readonly revisions: readonly string[]
}

/** `--to a1b2c3d4`, or `base`. @throws UsageError for what cannot be a revision. */
export function parseRevision(word: string): string {
  if (/^\w[\w.-]{0,63}$/.test(word)) return word
  throw new UsageError(`--to is ${shown(word)}; expected a revision such as a1b2c3d4, or base`)
}

/** `steps` revisions back from where the database is. @throws Failure where there are not so many, or the way forks. */
export function stepsBack(graph: RevisionGraph, from: string, steps: number): Descent {
  const revisions: string[] = []
  let at: string | null = from
  while (revisions.length < steps) {
    if (at === null)
      throw new Failure({
        what: `there are only ${revisions.length} revisions below ${from}, not ${steps}`,
        fix: 'name the one to return to: --to <revision>',
      })
    const parents: readonly string[] = graph.parents.get(at) ?? []
    if (parents.length > 1)
      throw new Failure({
        what: `${at} joins ${parents.join(' and ')}: a number of steps does not say which way to go`,
        fix: 'name the revision to return to: --to <revision>',
      })
    revisions.push(at)
    at = parents[0] ?? null
  }
  return { from, to: at, revisions }
}

/** Back to a revision, named whole or by its beginning. @throws Failure unless it is one that `from` builds on. */
export function backTo(graph: RevisionGraph, from: string, word: string): Descent {
  const below = builtOn(graph, from)
  if (word === 'base') return { from, to: null, revisions: below }
  const found = below.includes(word) ? [word] : below.filter(name => name.startsWith(word))
  const [to] = found
  if (to === undefined || found.length > 1)
    throw new Failure({
      what:
        found.length > 1
          ? `${word} may be ${found.join(' or ')}`
          : `the schema, at ${from}, does not build on ${word}`,
      fix: `it builds on ${below.slice(1, 6).join(', ') || 'nothing'}${below.length > 6 ? ', …' : ''}`,
    })
  if (to === from)
    throw new Failure({ what: `the schema is at ${from} already`, fix: 'name an older revision' })
  const kept = new Set(builtOn(graph, to))
  return { from, to, revisions: below.filter(name => !kept.has(name)) }
}

/**
 * Back to the newest revision that an older image knows.
 * @throws Failure where there is none, or several.
 */
export function backToKnown(newer: RevisionGraph, from: string, older: RevisionGraph): Descent {
  const below = builtOn(newer, from)
  const known = below.filter(name => older.parents.has(name))
  const newest = known.filter(
    name => !known.some(other => other !== name && builtOn(newer, other).includes(name)),
  )
  if (newest[0] !== undefined && newest.length === 1) return backTo(newer, from, newest[0])
  throw new Failure({
    what: `no single revision below ${from} is known to the older image`,
    detail: newest.length === 0 ? 'it shares none with the live version' : `it knows ${newest.join(' and ')}`,
    fix: 'deploy a fixed version instead',
  })
}
