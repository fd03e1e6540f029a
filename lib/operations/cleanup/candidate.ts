import type { Backup } from '../../backup/list.ts'
import type { FoundFile } from './files.ts'

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
