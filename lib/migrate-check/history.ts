import type { Assigned, RevisionFile } from './facts.ts'

/** A revision as its file has it. */
export interface Revision {
  readonly id: string
  readonly parents: readonly string[]
  readonly dependsOn: readonly string[]
  readonly labels: readonly string[]
  readonly title: string
  readonly file: RevisionFile
}

/** The words of `down_revision = "a"`, `("a", "b")` or None; undefined for what is neither. */
export function wordsOf(assigned: Assigned | null | undefined): readonly string[] | undefined {
  const value = assigned?.value
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [value]
  return Array.isArray(value) && value.every(word => typeof word === 'string') ? value : undefined
}

/** The revisions of those files that Alembic reads and that say which revision they are. */
export function revisionsOf(files: readonly RevisionFile[]): Revision[] {
  return files.flatMap(file => {
    const [id] = wordsOf(file.revision) ?? []
    if (file.ignored || id === undefined) return []
    return [
      {
        id,
        file,
        parents: wordsOf(file.down_revision) ?? [],
        dependsOn: wordsOf(file.depends_on) ?? [],
        labels: wordsOf(file.branch_labels) ?? [],
        title: file.docstring?.title ?? '',
      },
    ]
  })
}

/** A revision by what a `down_revision` calls it: its id, and nothing else. */
export const parentCalled = (revisions: readonly Revision[], word: string): Revision | undefined =>
  revisions.find(({ id }) => id === word)

/**
 * A revision by what a `depends_on` calls it: its id, its beginning (Alembic accepts that where it is unique), or a
 * branch label.
 */
export function dependencyCalled(revisions: readonly Revision[], word: string): Revision | undefined {
  const exact = revisions.find(({ id, labels }) => id === word || labels.includes(word))
  if (exact) return exact
  const beginning = revisions.filter(({ id }) => id.startsWith(word) && word.length >= 4)
  return beginning.length === 1 ? beginning[0] : undefined
}

/** All that a revision builds on directly. */
export const buildsOn = (revisions: readonly Revision[], { parents, dependsOn }: Revision): Revision[] => [
  ...parents.flatMap(word => parentCalled(revisions, word) ?? []),
  ...dependsOn.flatMap(word => dependencyCalled(revisions, word) ?? []),
]

/** Every revision after those that it builds on; equals by file name, which begins with the date. */
export function inOrder(revisions: readonly Revision[]): Revision[] {
  const byName = [...revisions].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const done = new Set<Revision>()
  const visit = (revision: Revision): void => {
    if (done.has(revision)) return
    done.add(revision) // before its parents: in a cycle, which is reported elsewhere, this must end, too
    for (const below of buildsOn(revisions, revision)) visit(below)
    ordered.push(revision)
  }
  const ordered: Revision[] = []
  for (const revision of byName) visit(revision)
  return ordered
}

export const nameOf = ({ file }: Revision): string => file.file.split('/').at(-1) ?? file.file
