import type { RevisionFile } from '../facts.ts'
import { about, type Finding } from '../finding.ts'
import { buildsOn, dependencyCalled, nameOf, parentCalled, type Revision, wordsOf } from '../history.ts'

/** Every revision once, every revision that another one names, and none that builds on itself. */
export function* checkLinks(
  revisions: readonly Revision[],
  files: readonly RevisionFile[],
): Iterable<Finding> {
  yield* duplicates(revisions)
  for (const revision of revisions) yield* missingParents(revisions, files, revision)
  yield* cycles(revisions)
}

function* duplicates(revisions: readonly Revision[]): Iterable<Finding> {
  for (const id of new Set(revisions.map(each => each.id))) {
    const [first, ...others] = revisions.filter(revision => revision.id === id)
    for (const other of others)
      yield {
        ...about('graph.duplicate', 'error', other, other.file.revision?.line),
        what: `the revision ${id} is given twice: here and in ${first?.file.file}`,
        why: 'Alembic keeps one of the two and only warns: the other one is never run.',
        fix: 'give the newer file an id of its own (`python -c "import uuid; print(uuid.uuid4().hex[-12:])"`) and let it follow the current head',
      }
  }
}

function* missingParents(
  revisions: readonly Revision[],
  files: readonly RevisionFile[],
  revision: Revision,
): Iterable<Finding> {
  const { file, id, parents, dependsOn } = revision
  const said = [
    ...parents.map(word => ['down_revision', word, file.down_revision?.line, parentCalled] as const),
    ...dependsOn.map(word => ['depends_on', word, file.depends_on?.line, dependencyCalled] as const),
  ]
  for (const [name, word, line, called] of said) {
    if (called(revisions, word)) continue
    const meant = meantBy(revisions, word)
    const label = dependencyCalled(revisions, word)
    const isIgnored = files.find(other => other.ignored && wordsOf(other.revision)?.[0] === word)
    yield {
      ...about('graph.missing-parent', 'error', revision, line),
      what: meant
        ? `${name} of ${id} is the name of a file, "${word}"; the revision in it is ${meant.id}`
        : `${name} of ${id} is "${word}", and no file has that revision`,
      why: 'Every Alembic command fails with a KeyError, so nothing can be deployed.',
      fix: label
        ? `write ${name} = "${label.id}": only depends_on may be a branch label or the beginning of a revision`
        : meant
          ? `write ${name} = "${meant.id}"`
          : isIgnored
            ? `${isIgnored.file} has it, but Alembic does not read that file: move it`
            : 'add the missing file, or name the revision that this one really follows',
    }
  }
}

/** Somebody wrote a file's name, whole or in part, where its revision belongs. */
function meantBy(revisions: readonly Revision[], word: string): Revision | undefined {
  const name = word.replace(/\.py$/, '')
  return revisions.find(
    revision =>
      nameOf(revision) === `${name}.py` || (name.includes('_') && name.split('_').includes(revision.id)),
  )
}

/** Revisions that build on each other in a circle. */
function cycles(revisions: readonly Revision[]): Finding[] {
  const state = new Map<Revision, 'open' | 'done'>()
  const found: Finding[] = []
  const visit = (revision: Revision, path: readonly Revision[]): void => {
    if (state.get(revision) === 'done') return
    if (state.get(revision) === 'open') {
      const circle = path.slice(path.indexOf(revision)).map(({ id }) => id)
      found.push({
        ...about('graph.cycle', 'error', revision, revision.file.down_revision?.line),
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

/** One head and one base. */
export function* ends(revisions: readonly Revision[]): Iterable<Finding> {
  if (revisions.length === 0)
    return yield {
      ...about('graph.empty', 'error', 'alembic.ini'),
      what: 'there are no revisions',
      why: 'There is nothing to check: the version location may be wrong.',
      fix: 'look at script_location and version_locations in alembic.ini',
    }
  // As Alembic counts them: what another one only depends on is a head all the same.
  const below = new Set(
    revisions.flatMap(({ parents }) => parents.map(word => parentCalled(revisions, word))),
  )
  const ids = new Set<string>()
  const heads = revisions.filter(
    revision => !below.has(revision) && !ids.has(revision.id) && ids.add(revision.id),
  )
  for (const head of heads.slice(1))
    yield {
      ...about('graph.heads', 'error', head, head.file.down_revision?.line),
      what: `there are ${heads.length} heads: ${heads.map(({ id }) => id).join(', ')}`,
      why: '`alembic upgrade head` refuses to choose between them, so the deploy fails.',
      fix: `let ${head.id} follow the other one, or join them: alembic merge heads`,
    }
  const roots = revisions.filter(({ parents, dependsOn }) => parents.length === 0 && dependsOn.length === 0)
  const bases = roots.filter(({ labels }) => labels.length === 0) // a branch with a label of its own is meant
  for (const base of bases.slice(1))
    yield {
      ...about('graph.bases', 'error', base, base.file.down_revision?.line),
      also: bases.map(each => each.file.file),
      what: `there are ${bases.length} first revisions: ${bases.map(({ id }) => id).join(', ')}`,
      why: 'A second beginning is nearly always a forgotten down_revision: it runs before what it needs.',
      fix: 'set its down_revision; if it is meant, give it a branch label',
    }
}
