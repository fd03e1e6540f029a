import { UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'
import type { Part } from '../environment/environment.ts'
import { isDigest, isTag } from './images.ts'

/** @throws UsageError when the word cannot be a tag. */
export function parseTag(tag: string): string {
  if (isTag(tag)) return tag
  throw new UsageError(
    `--tag is ${shown(tag)}; expected letters, digits and _ . - (at most 128, no leading . or -), such as main-3f1c9a0`,
  )
}

/**
 * The images of one build by their digests, which no later push can change; undefined where none are given.
 * @throws UsageError when one is given without the other, or is no digest.
 */
export function parseDigests(
  backend: string | undefined,
  frontend: string | undefined,
): Readonly<Record<Part, string>> | undefined {
  if (backend === undefined && frontend === undefined) return undefined
  return { backend: parseDigest('backend', backend), frontend: parseDigest('frontend', frontend) }
}

function parseDigest(part: Part, digest: string | undefined): string {
  if (digest !== undefined && isDigest(digest)) return digest
  const given = digest === undefined ? 'not given, but the other one is' : shown(digest)
  throw new UsageError(
    `--${part}-digest is ${given}; expected sha256: and 64 hexadecimal digits, as the build prints it`,
  )
}
