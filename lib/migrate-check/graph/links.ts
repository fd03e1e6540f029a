import type { RevisionFile } from '../facts.ts'
import type { Finding } from '../finding.ts'
import { dependencyCalled, nameOf, parentCalled, type Revision, wordsOf } from '../history.ts'
import { at } from './place.ts'

/** Every revision once, and every revision that another one names. */
export const checkLinks = (revisions: readonly Revision[], files: readonly RevisionFile[]): Finding[] => [
  ...duplicates(revisions),
  ...revisions.flatMap(revision => missingParents(revisions, files, revision)),
]

function duplicates(revisions: readonly Revision[]): Finding[] {
  const ids = [...new Set(revisions.map(({ id }) => id))]
  return ids.flatMap(id => {
    const same = revisions.filter(revision => revision.id === id)
    return same.slice(1).map(({ file }) => ({
      id: 'graph.duplicate',
      ...at(file.file, file.revision?.line),
      revision: id,
      what: `the revision ${id} is given twice: here and in ${same[0]?.file.file}`,
      why: 'Alembic keeps one of the two and only warns: the other one is never run.',
      fix: 'give the newer file an id of its own (`python -c "import uuid; print(uuid.uuid4().hex[-12:])"`) and let it follow the current head',
    }))
  })
}

function missingParents(
  revisions: readonly Revision[],
  files: readonly RevisionFile[],
  revision: Revision,
): Finding[] {
  const { file, id } = revision
  const said = [
    ...revision.parents.map(word => ['down_revision', word, file.down_revision?.line] as const),
    ...revision.dependsOn.map(word => ['depends_on', word, file.depends_on?.line] as const),
  ]
  return said.flatMap(([name, word, line]) => {
    if ((name === 'down_revision' ? parentCalled : dependencyCalled)(revisions, word)) return []
    const meant = meantBy(revisions, word)
    const label = dependencyCalled(revisions, word)
    const isIgnored = files.find(other => other.ignored && wordsOf(other.revision)?.[0] === word)
    return [
      {
        id: 'graph.missing-parent',
        ...at(file.file, line),
        revision: id,
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
      },
    ]
  })
}

/** Somebody wrote a file's name, whole or in part, where its revision belongs. */
function meantBy(revisions: readonly Revision[], word: string): Revision | undefined {
  const name = word.replace(/\.py$/, '')
  return revisions.find(
    revision =>
      nameOf(revision) === `${name}.py` || (name.includes('_') && name.split('_').includes(revision.id)),
  )
}
