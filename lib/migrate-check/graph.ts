import type { RevisionFile } from './facts.ts'
import type { Finding } from './finding.ts'
import { cycles } from './graph/cycles.ts'
import { docstring } from './graph/docstring.ts'
import { ends } from './graph/ends.ts'
import { checkFile } from './graph/files.ts'
import { checkLinks } from './graph/links.ts'
import { revisionsOf } from './history.ts'

/** Everything about the graph of revisions that can be said from the files alone. `alembic heads` is not asked. */
export function checkGraph(files: readonly RevisionFile[]): Finding[] {
  const revisions = revisionsOf(files)
  const broken = [
    ...files.flatMap(file => checkFile(file, revisions)),
    ...checkLinks(revisions, files),
    ...cycles(revisions),
  ]
  // Where a link is broken, both of its sides look like ends.
  return [...broken, ...(stopsAlembic(broken) ? [] : ends(revisions)), ...revisions.flatMap(docstring)]
}

/** Those that keep Alembic from reading the history at all: nothing can be run then. */
export const stopsAlembic = (findings: readonly Finding[]): boolean =>
  findings.some(
    ({ id, level }) =>
      level === 'error' &&
      [
        'graph.unreadable',
        'graph.no-revision',
        'graph.duplicate',
        'graph.missing-parent',
        'graph.cycle',
        'graph.empty',
      ].includes(id),
  )
