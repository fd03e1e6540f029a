import { Failure, problemOf } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { type Revision, schemaRevision, showRevision } from '../../database/database.ts'
import { downgrade, upgrade } from '../../database/migrations.ts'
import { pendingAt, type RevisionGraph } from '../../database/revision-graph.ts'
import type { Colour } from '../../environment/environment.ts'
import { type Site, smokeTestColour } from '../../proxy/site.ts'
import { assignImages } from '../colours.ts'
import type { RollingOut } from './rollout.ts'

/**
 * Applies what of the image's migrations is pending, with the image alone: the candidate does not run yet, so the schema
 * that it finds is one of Alembic's, whatever it may do to it when it starts. Going back is the other way round: the
 * candidate is gone when the schema is rolled back.
 * @returns whether there was anything to migrate.
 */
export async function migrate(site: RollingOut, migrations: RevisionGraph): Promise<boolean> {
  const { project, run, candidate, version } = site
  const from = await schemaRevision(project)
  const pending = pendingAt(migrations, from)
  const image = version.images.backend
  let unseen: Failure | undefined
  if (pending.length > 0) {
    run.fact({ kind: 'migrating', from, colour: candidate, image })
    assignImages(site, candidate, version.images)
    run.undo(`Roll the schema back to ${showRevision(from)}`, async step => {
      if (unseen) throw unseen
      if ((await schemaRevision(project)) === from) return step.skip('it is there')
      await downgrade(project, candidate, image, from)
    })
  }
  await run.step(`Run migrations on ${candidate}`, async step => {
    if (pending.length === 0) return step.skip(`none pending, the schema is at ${showRevision(from)}`)
    await upgrade(project, candidate)
    const now = await schemaRevision(project)
    if (now === from) {
      unseen = notSeen(migrations, now)
      throw unseen
    }
    step.note(`${count(pending.length, 'revision')}, now at ${showRevision(now)}`)
  })
  return pending.length > 0
}

/** The table that is read is not the one that Alembic writes: what happened to the schema, nobody can tell. */
const notSeen = ({ heads }: RevisionGraph, now: Revision): Failure =>
  new Failure({
    what: `Alembic reported success, but the database still says ${showRevision(now)}, not ${heads.join(', ')}`,
    detail:
      'the migrations are applied and cannot be rolled back from here: another table than the one read has the revision',
    fix: "name the table of env.py's version_table and version_table_schema in the environment's settings: database: { …, versionTable: '<schema>.<table>' }",
  })

/** Whether a colour passes its smoke tests before anything is changed; said, where it does not. */
export async function isFit(site: Site, colour: Colour): Promise<boolean> {
  try {
    await smokeTestColour(site, colour)
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    site.run.warn({
      ...problemOf(error),
      fix: 'it was so before this run: the candidate is judged by itself alone',
    })
    return false
  }
}

/** Users are still on the same version, and the schema is another already: does the one work with the other? */
export async function testLive(
  site: Site,
  live: Colour,
  { fit, schema, fix }: { fit: boolean; schema: 'new' | 'older'; fix: string },
): Promise<void> {
  await site.run.step(`Smoke tests on ${live} with the ${schema} schema`, async step => {
    if (!fit) return step.skip(`${live} failed them before, too`)
    try {
      await smokeTestColour(site, live)
    } catch (error) {
      const { what, detail } = problemOf(error)
      throw new Failure({ what: `the ${schema} schema breaks the live version: ${what}`, detail, fix })
    }
  })
}
