import type { Finding } from '../finding.ts'
import type { Revision } from '../history.ts'
import { at } from './place.ts'

/** What the docstring says against what Alembic reads. */
export function docstring({ id, parents, file }: Revision): Finding[] {
  const { revises, revision } = file.docstring ?? {}
  const found: Finding[] = []
  if (revision && revision.value !== id)
    found.push({
      id: 'graph.docstring',
      level: 'warning',
      file: file.file,
      line: revision.line,
      revision: id,
      what: `the docstring says Revision ID: ${revision.value}; the file is revision ${id}`,
      why: 'Whoever looks for one finds the other: the file was probably copied.',
      fix: `write Revision ID: ${id}`,
    })
  if (!revises) return found
  const said = revises.value
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '' && word !== 'None')
  const same = said.length === parents.length && said.every(word => parents.includes(word))
  if (same) return found
  return [
    ...found,
    {
      id: 'graph.docstring',
      ...at(file.file, revises.line),
      revision: id,
      what: `the docstring says Revises: ${said.join(', ') || 'nothing'}; down_revision is ${parents.join(', ') || 'None'}`,
      why: 'One of the two is wrong, and Alembic believes the second without a word.',
      fix: 'find out what it follows, and say the same in both',
    },
  ]
}
