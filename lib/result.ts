import { showRevision } from './database.ts'
import { type Release, shortDigest } from './releases.ts'
import type { RolledOut } from './rollout/rollout.ts'
import { count, duration } from './text.ts'

/** The result of a run as rows of name and value. */
export type Result = readonly (readonly [name: string, value: string])[]

/** Who is live now, and what moving the users cost them. */
export function resultOf({ release, switchMs }: RolledOut): Result {
  const { seen, failed } = release.requests ?? { seen: 0, failed: 0 }
  return [
    ...liveRows(release),
    ...(release.backup ? [['backup', release.backup] as const] : []),
    ['switch', `${duration(switchMs)}; ${count(seen, 'request')} since, ${failed} failed`],
  ]
}

export function liveRows(release: Release): Result {
  return [
    ['live', `${release.colour}, release ${release.release}, ${release.tag}`],
    ['backend', shortDigest(release.images.backend)],
    ['frontend', shortDigest(release.images.frontend)],
    ['schema', showRevision(release.schema)],
  ]
}
