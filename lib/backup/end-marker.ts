import { statSync } from 'node:fs'
import { Failure } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import { partOf, partSize } from './format.ts'

/** The last thing that pg_dump writes (PostgreSQL's src/bin/pg_dump/pg_dump.c); without it the dump is cut off. */
const endMarker = '-- PostgreSQL database dump complete'

/** What is wrong with a dump's two ends, or undefined: the end marker, and the token that pg_dump 17.6 and later closes. */
export function endsProblem(head: string, tail: string): string | undefined {
  if (!tail.includes(endMarker)) return `its last kilobytes lack "${endMarker}"`
  const opened = /^\\restrict (\S+)$/m.exec(head)?.[1]
  const closed = /^\\unrestrict (\S+)$/m.exec(tail)?.[1]
  if (opened === closed) return undefined
  return `it begins with \\restrict ${opened ?? 'missing'} and ends with \\unrestrict ${closed ?? 'missing'}`
}

/** @throws Failure when a plain dump is not complete. */
export function checkMarker(file: string): void {
  const { size } = statSync(file)
  const problem = endsProblem(partOf(file, 0), partOf(file, Math.max(0, size - partSize)))
  if (problem !== undefined)
    throw new Failure({
      what: `the backup is not complete: ${problem}`,
      detail: `${bytes(size)} were written`,
    })
}
