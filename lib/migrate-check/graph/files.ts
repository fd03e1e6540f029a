import type { RevisionFile } from '../facts.ts'
import type { Finding } from '../finding.ts'
import { parentCalled, type Revision, wordsOf } from '../history.ts'
import { at } from './place.ts'

/** What keeps a file by itself from being a revision. */
export const checkFile = (file: RevisionFile, revisions: readonly Revision[]): Finding[] => [
  ...unreadable(file),
  ...ignored(file, revisions),
  ...assignedTwice(file),
]

function unreadable({ file, error, ignored, revision, down_revision }: RevisionFile): Finding[] {
  if (ignored) return []
  if (error)
    return [
      {
        id: 'graph.unreadable',
        ...at(file, error.line),
        what: `${file} is not valid Python: ${error.message}`,
        why: 'Alembic reads every revision file for every command: with this one, none works.',
        fix: 'mend the syntax',
      },
    ]
  const word = revision?.value
  if (typeof word === 'string' && word !== '' && wordsOf(down_revision) !== undefined) return []
  const which = typeof word === 'string' && word !== '' ? 'down_revision' : 'revision'
  const found = which === 'revision' ? revision : down_revision
  return [
    {
      id: 'graph.no-revision',
      ...at(file, found?.line ?? 1),
      what: `${file} does not say its ${which} as a plain ${which === 'revision' ? 'word' : 'word, list of words or None'}`,
      why: 'Alembic cannot place the file in the history, or places it differently every time.',
      fix: `write ${which} = "…" as \`alembic revision\` does; a helper module belongs outside the versions directory`,
    },
  ]
}

/** One that follows a revision which Alembic reads is lost work; one that follows none belongs to an archive. */
function ignored(
  { file, ignored: is, down_revision }: RevisionFile,
  revisions: readonly Revision[],
): Finding[] {
  if (!is) return []
  const parents = wordsOf(down_revision) ?? []
  const isArchived = !parents.some(word => parentCalled(revisions, word)) && /\.py$/.test(file)
  return [
    {
      id: 'graph.ignored-file',
      ...at(file, 1),
      level: isArchived ? 'note' : 'error',
      what: `${file} is a revision that Alembic does not read`,
      why: 'Its name or its directory is not one that Alembic looks at: what it does never happens, and nothing says so.',
      fix: isArchived
        ? 'nothing, if it is kept as an archive'
        : 'move it into a version location under a name that ends in .py, or delete it',
    },
  ]
}

function assignedTwice({ file, revision, down_revision, ignored: is }: RevisionFile): Finding[] {
  if (is) return []
  return (
    [
      ['revision', revision],
      ['down_revision', down_revision],
    ] as const
  ).flatMap(([name, assigned]) =>
    assigned && assigned.lines.length > 1
      ? [
          {
            id: 'graph.assigned-twice',
            ...at(file, assigned.line),
            what: `${name} is assigned on lines ${assigned.lines.join(' and ')} of ${file}`,
            why: 'Only the last one counts: a merge has probably joined two files into one.',
            fix: 'keep the one that is meant, and give the other migration a file of its own',
          },
        ]
      : [],
  )
}
