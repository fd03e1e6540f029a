import { schemaRevision, showRevision } from '../../database/database.ts'
import { downgrade, upgradeAgain } from '../../database/migrations.ts'
import type { Colour } from '../../environment/environment.ts'
import { readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import { lastFact } from '../../run/recovery.ts'
import type { Unsettled } from '../../run/run-log.ts'

/** A deploy that did not come to its end has migrated, and users are on the version before: so must the schema be. */
export async function restoreSchema(
  { project, run }: Site,
  live: Colour | null,
  unsettled: Unsettled,
  found: string[],
): Promise<void> {
  const migrating = lastFact(unsettled.facts, 'migrating')
  if (!migrating || migrating.colour === live) return // its users are on the new version: the schema is right
  const now = await schemaRevision(project)
  if (now === migrating.from) return
  try {
    await downgrade(project, migrating.colour, migrating.image, migrating.from)
  } catch (error) {
    run.settle() // said once, with what to do; a person has it in hand now
    throw error
  }
  found.push(`the schema was at ${showRevision(now)}: taken back to ${showRevision(migrating.from)}`)
}

/** A rollback of the schema that did not come to its end: users are where they were, and so must the schema be. */
export async function finishSchemaRollback(
  { environment, project, run }: Site,
  live: Colour | null,
  unsettled: Unsettled,
  found: string[],
): Promise<void> {
  const downgrading = lastFact(unsettled.facts, 'downgrading')
  if (!downgrading || downgrading.live !== live) return // users are on the older version: the schema is right
  if (readReleases(environment).at(-1)?.run === unsettled.run) return // it was recorded: all that was wanted is done
  const { colour, image, from } = downgrading
  const now = await schemaRevision(project)
  if (now === from) return
  try {
    await upgradeAgain(project, colour, image, from)
  } catch (error) {
    run.settle() // said once, with what to do; a person has it in hand now
    throw error
  }
  found.push(`the schema was at ${showRevision(now)}: taken forward to ${from} again`)
}
