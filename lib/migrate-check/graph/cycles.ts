import type { Finding } from '../finding.ts'
import { buildsOn, type Revision } from '../history.ts'
import { at } from './place.ts'

/** Revisions that build on each other in a circle. */
export function cycles(revisions: readonly Revision[]): Finding[] {
  const state = new Map<Revision, 'open' | 'done'>()
  const found: Finding[] = []
  const visit = (revision: Revision, path: readonly Revision[]): void => {
    if (state.get(revision) === 'done') return
    if (state.get(revision) === 'open') {
      const circle = path.slice(path.indexOf(revision)).map(({ id }) => id)
      found.push({
        id: 'graph.cycle',
        ...at(revision.file.file, revision.file.down_revision?.line),
        revision: revision.id,
        what: `the revisions ${circle.join(', ')} build on each other in a circle`,
        why: 'There is no first one to run: every Alembic command fails.',
        fix: 'correct the down_revision of the newest of them',
      })
      return
    }
    state.set(revision, 'open')
    for (const below of buildsOn(revisions, revision)) visit(below, [...path, revision])
    state.set(revision, 'done')
  }
  for (const revision of revisions) visit(revision, [])
  return found
}
