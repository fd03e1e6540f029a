import { bytes, columns, count, printable } from '../../base/text.ts'
import { type Candidate, kinds } from './candidate.ts'

/** So many of a kind are named; the rest is counted. */
const namedAtMost = 5

/** What will go, why, and how much it frees at most: each kind with its first few, or with `all`. */
export function listed(candidates: readonly Candidate[], extent: 'few' | 'all'): string[] {
  return kinds.flatMap(kind => {
    const group = candidates.filter(one => one.kind === kind)
    if (group.length === 0) return []
    const size = bytes(group.reduce((sum, one) => sum + one.bytes, 0))
    const shown = extent === 'all' ? group : group.slice(0, namedAtMost)
    const rows = shown.map(one => [
      `  ${printable(one.name).replaceAll('\n', ' ')}`,
      bytes(one.bytes),
      one.why,
    ])
    const head =
      kind === 'compress' ? `${count(group.length, 'backup')} to compress` : count(group.length, kind)
    const rest = group.length - shown.length
    return [
      `${head}, up to ${size}`,
      ...columns(rows).split('\n'),
      ...(rest > 0 ? [`  and ${rest} more (--verbose names all)`] : []),
    ]
  })
}

export const totalOf = (candidates: readonly Candidate[]): string =>
  candidates.length === 0
    ? 'nothing to clean up'
    : `${count(candidates.length, 'thing')}, up to ${bytes(candidates.reduce((sum, one) => sum + one.bytes, 0))}`
