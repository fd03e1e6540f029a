import { bytes, columns, count, printable } from '../../base/text.ts'
import { type Candidate, type Kind, kinds } from './candidate.ts'

/** So many of a kind are named; the rest is counted. */
const namedAtMost = 5

const nouns: Readonly<Record<Kind, string>> = {
  leftover: 'leftover',
  log: 'log',
  'run log': 'run log',
  backup: 'backup',
  compress: 'backup to compress',
  database: 'database',
  container: 'container',
  image: 'image',
  'build cache': 'build cache',
}

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
    const plural = kind === 'compress' && group.length > 1 ? 'backups to compress' : nouns[kind]
    const head = kind === 'compress' ? `${group.length} ${plural}` : count(group.length, plural)
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
