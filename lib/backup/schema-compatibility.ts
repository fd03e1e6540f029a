import { Failure } from '../base/failure.ts'
import { type Revision, showRevision } from '../database/database.ts'
import { migrationsOf } from '../database/migrations.ts'
import { pendingAt, unknownTo } from '../database/revision-graph.ts'
import { findRelease, type Release, readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'

/** What is done about a schema that is not the live version's. */
export type Remedy = 'upgrade' | 'with-deployment' | undefined

export interface Fitting {
  /** The live version's migrations are to be run on the restored database. */
  readonly upgrade: boolean
  /** The release that the deployment is rolled back to as well. */
  readonly release: Release | undefined
}

/**
 * Whether the live version can work with a restored schema, and if not, what the person chose to do about it.
 * @param live the live database's revision, where it can be read
 * @throws Failure that offers the choices when none was made, or one that does not help.
 */
export async function fitSchema(
  site: Site,
  backup: { schema: Revision; release: number | undefined },
  live: Revision | undefined,
  remedy: Remedy,
): Promise<Fitting> {
  const releases = readReleases(site.environment)
  const current = releases.at(-1)
  const target =
    (backup.release === undefined ? undefined : findRelease(releases, backup.release)) ??
    releases.findLast(({ schema }) => schema === backup.schema)
  const usable = target && target.release !== current?.release ? target : undefined
  if (remedy === 'with-deployment') {
    if (usable) return { upgrade: false, release: usable }
    throw new Failure({
      what: `no other release is known that goes with ${showRevision(backup.schema)}`,
      fix: 'leave --with-deployment out',
    })
  }
  if (!current || backup.schema === live) return { upgrade: false, release: undefined }
  const graph = await migrationsOf(site, current.images.backend)
  const unknown = unknownTo(graph, backup.schema)
  const pending = unknown.length > 0 ? [] : pendingAt(graph, backup.schema)
  if (unknown.length === 0 && pending.length === 0) return { upgrade: false, release: undefined }
  if (remedy === 'upgrade' && unknown.length === 0) return { upgrade: true, release: undefined }
  throw new Failure({
    what: `the backup's schema is at ${showRevision(backup.schema)}, which is not what ${current.tag} needs`,
    detail:
      unknown.length > 0
        ? `release ${current.release} does not know that revision`
        : `release ${current.release} expects ${graph.heads.join(', ')}: ${pending.length} migrations are missing`,
    fix: [
      usable &&
        `--with-deployment  also rolls the deployment back to release ${usable.release} (${usable.tag}), which goes with it`,
      unknown.length === 0 && "--upgrade  runs the live version's migrations on the restored database",
      'or choose another backup: backup.ts --list shows them. Nothing was touched',
    ]
      .filter(Boolean)
      .join('\n'),
  })
}
