import type { RevisionFile } from './facts.ts'
import type { Finding } from './finding.ts'
import { checkFile, docstring } from './graph/files.ts'
import { checkLinks, ends } from './graph/links.ts'
import { revisionsOf } from './history.ts'

/** Everything about the graph of revisions that can be said from the files alone. `alembic heads` is not asked. */
export function checkGraph(files: readonly RevisionFile[]): Finding[] {
  const revisions = revisionsOf(files)
  const broken = [...files.flatMap(file => [...checkFile(file, revisions)]), ...checkLinks(revisions, files)]
  // Where a link is broken, both of its sides look like ends.
  const atEnds = stopsAlembic(broken) ? [] : ends(revisions)
  return [...broken, ...atEnds, ...revisions.flatMap(revision => [...docstring(revision)])]
}

/** Those that keep Alembic from reading the history at all: nothing can be run then. */
export const stopsAlembic = (findings: readonly Finding[]): boolean =>
  findings.some(
    ({ id, level }) =>
      level === 'error' && /^graph\.(unreadable|no-revision|duplicate|missing-parent|cycle|empty)$/.test(id),
  )
