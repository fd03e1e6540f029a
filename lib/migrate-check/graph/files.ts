import type { RevisionFile } from '../facts.ts'
import { about, type Finding } from '../finding.ts'
import { parentCalled, type Revision, wordsOf } from '../history.ts'

/** What keeps a file by itself from being a revision. */
export function* checkFile(file: RevisionFile, revisions: readonly Revision[]): Iterable<Finding> {
  if (file.ignored) return yield ignored(file, revisions)
  yield* unreadable(file)
  yield* assignedTwice(file)
}

function* unreadable({ file, error, revision, down_revision }: RevisionFile): Iterable<Finding> {
  if (error)
    return yield {
      ...about('graph.unreadable', 'error', file, error.line),
      what: `${file} is not valid Python: ${error.message}`,
      why: 'Alembic reads every revision file for every command: with this one, none works.',
      fix: 'fix the syntax',
    }
  const isNamed = typeof revision?.value === 'string' && revision.value !== ''
  if (isNamed && wordsOf(down_revision) !== undefined) return
  const [which, found, expected] = isNamed
    ? ['down_revision', down_revision, 'word, list of words or None']
    : ['revision', revision, 'word']
  yield {
    ...about('graph.no-revision', 'error', file, found?.line),
    what: `${file} does not say its ${which} as a plain ${expected}`,
    why: 'Alembic cannot place the file in the history, or places it differently every time.',
    fix: `write ${which} = "…" as \`alembic revision\` does; a helper module belongs outside the versions directory`,
  }
}

/** One that follows a revision which Alembic reads is lost work; one that follows none belongs to an archive. */
function ignored({ file, down_revision }: RevisionFile, revisions: readonly Revision[]): Finding {
  const parents = wordsOf(down_revision) ?? []
  const isArchived = !parents.some(word => parentCalled(revisions, word)) && /\.py$/.test(file)
  return {
    ...about('graph.ignored-file', isArchived ? 'note' : 'error', file),
    what: `${file} is a revision that Alembic does not read`,
    why: 'Its name or its directory is not one that Alembic looks at: what it does never happens, and nothing says so.',
    fix: isArchived
      ? 'nothing, if it is kept as an archive'
      : 'move it into a version location under a name that ends in .py, or delete it',
  }
}

function* assignedTwice({ file, revision, down_revision }: RevisionFile): Iterable<Finding> {
  for (const [name, assigned] of Object.entries({ revision, down_revision }))
    if (assigned && assigned.lines.length > 1)
      yield {
        ...about('graph.assigned-twice', 'error', file, assigned.line),
        what: `${name} is assigned on lines ${assigned.lines.join(' and ')} of ${file}`,
        why: 'Only the last one counts: a merge has probably joined two files into one.',
        fix: 'keep the one that is meant, and give the other migration a file of its own',
      }
}

/** What the docstring says against what Alembic reads. */
export function* docstring(revision: Revision): Iterable<Finding> {
  const { id, parents, file } = revision
  const { revises, revision: named } = file.docstring ?? {}
  if (named && named.value !== id)
    yield {
      ...about('graph.docstring', 'warning', revision, named.line),
      what: `the docstring says Revision ID: ${named.value}; the file is revision ${id}`,
      why: 'Whoever looks for one finds the other: the file was probably copied.',
      fix: `write Revision ID: ${id}`,
    }
  if (!revises) return
  const words = revises.value.split(',').map(word => word.trim())
  const said = words.filter(word => word !== '' && word !== 'None')
  if (said.length === parents.length && said.every(word => parents.includes(word))) return
  yield {
    ...about('graph.docstring', 'error', revision, revises.line),
    what: `the docstring says Revises: ${said.join(', ') || 'nothing'}; down_revision is ${parents.join(', ') || 'None'}`,
    why: 'One of the two is wrong, and Alembic believes the second without a word.',
    fix: 'find out what it follows, and say the same in both',
  }
}
