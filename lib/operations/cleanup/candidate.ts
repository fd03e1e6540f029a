import type { Backup } from '../../backup/list.ts'
import { bytes, columns, count, printable } from '../../base/text.ts'
import { type FoundFile, shortPath } from './files.ts'

/** What cleanup takes, in the order in which it is shown. */
export const kinds = [
  'leftover',
  'log',
  'run log',
  'backup',
  'compress',
  'database',
  'container',
  'image',
  'build cache',
] as const

/** One thing that may go, decided before anything is touched. */
export interface Candidate {
  readonly kind: (typeof kinds)[number]
  /** As one would name it: a file's path in the environment's directory, an image, a database. */
  readonly name: string
  /** What it frees at most, in bytes: layers and blocks may be shared with what stays. */
  readonly bytes: number
  readonly why: string
  /** The files that go with it. */
  readonly files?: readonly FoundFile[]
  /** The backup that it is, with the copy of the uploads that belongs to it. */
  readonly backup?: Backup
  /** What Docker or PostgreSQL knows a container or a database by. */
  readonly id?: string
  /** What Docker knows an image by: it is gone when all of these are. */
  readonly names?: readonly string[]
}

/** A file that goes by itself. */
export const ofFile = (kind: Candidate['kind'], root: string, file: FoundFile, why: string): Candidate => ({
  ...{ kind, name: shortPath(root, file), bytes: file.bytes, why, files: [file] },
})

/** So many of a kind are named; the rest is counted. */
const namedAtMost = 5

/** What will go, why, and how much it frees at most: each kind with its first few, or with `all`. */
export function listed(candidates: readonly Candidate[], extent: 'few' | 'all'): string[] {
  return kinds.flatMap(kind => {
    const group = candidates.filter(one => one.kind === kind)
    if (group.length === 0) return []
    const shown = extent === 'all' ? group : group.slice(0, namedAtMost)
    const nameOf = (one: Candidate): string => `  ${printable(one.name).replaceAll('\n', ' ')}`
    const rows = shown.map(one => [nameOf(one), bytes(one.bytes), one.why])
    const head =
      kind === 'compress' ? `${count(group.length, 'backup')} to compress` : count(group.length, kind)
    const rest = group.length - shown.length
    return [
      `${head}, up to ${sizeOf(group)}`,
      ...columns(rows).split('\n'),
      ...(rest > 0 ? [`  and ${rest} more (--verbose names all)`] : []),
    ]
  })
}

const sizeOf = (candidates: readonly Candidate[]): string =>
  bytes(candidates.reduce((sum, one) => sum + one.bytes, 0))

export const totalOf = (candidates: readonly Candidate[]): string =>
  candidates.length === 0
    ? 'nothing to clean up'
    : `${count(candidates.length, 'thing')}, up to ${sizeOf(candidates)}`
