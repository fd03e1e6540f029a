import { count, duration } from '../base/text.ts'
import { showRevision } from '../database/database.ts'
import { type Release, shortDigest } from '../environment/releases.ts'
import type { Result } from '../run/result.ts'
import type { RolledOut } from './rollout/rollout.ts'

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
