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
