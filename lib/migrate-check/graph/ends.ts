import type { Finding } from '../finding.ts'
import { parentCalled, type Revision } from '../history.ts'
import { at } from './place.ts'

/** One head and one base. */
export function ends(revisions: readonly Revision[]): Finding[] {
  if (revisions.length === 0)
    return [
      {
        id: 'graph.empty',
        ...at('alembic.ini', 1),
        what: 'there are no revisions',
        why: 'There is nothing to check: the version location may be wrong.',
        fix: 'look at script_location and version_locations in alembic.ini',
      },
    ]
  // As Alembic counts them: what another one only depends on is a head all the same.
  const below = new Set(
    revisions.flatMap(({ parents }) => parents.map(word => parentCalled(revisions, word))),
  )
  const ids = new Set<string>()
  const heads = revisions.filter(
    revision => !below.has(revision) && !ids.has(revision.id) && ids.add(revision.id),
  )
  const roots = revisions.filter(({ parents, dependsOn }) => parents.length === 0 && dependsOn.length === 0)
  const bases = roots.filter(({ labels }) => labels.length === 0) // a branch with a label of its own is meant
  const found: Finding[] = []
  if (heads.length > 1)
    for (const { id, file } of heads.slice(1))
      found.push({
        id: 'graph.heads',
        ...at(file.file, file.down_revision?.line),
        revision: id,
        what: `there are ${heads.length} heads: ${heads.map(head => head.id).join(', ')}`,
        why: '`alembic upgrade head` refuses to choose between them, so the deploy fails.',
        fix: `let ${id} follow the other one, or join them: alembic merge heads`,
      })
  if (bases.length > 1 && roots.length > 1)
    for (const { id, file } of bases.slice(1))
      found.push({
        id: 'graph.bases',
        also: bases.map(base => base.file.file),
        ...at(file.file, file.down_revision?.line),
        revision: id,
        what: `there are ${bases.length} first revisions: ${bases.map(base => base.id).join(', ')}`,
        why: 'A second beginning is nearly always a forgotten down_revision: it runs before what it needs.',
        fix: 'set its down_revision; if it is meant, give it a branch label',
      })
  return found
}
