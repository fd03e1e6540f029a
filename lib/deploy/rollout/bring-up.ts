import { Failure } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { type Revision, schemaRevision, showRevision } from '../../database/database.ts'
import { downgrade, upgrade } from '../../database/migrations.ts'
import { pendingAt, type RevisionGraph } from '../../database/revision-graph.ts'
import { type ServiceName, servicesOf } from '../../docker/project.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import type { Version } from '../../environment/releases.ts'
import { waitForServices } from '../../proxy/serving.ts'
import type { Site } from '../../proxy/site.ts'
import { assignImages, removeColour } from '../candidate.ts'
import { noteLastWords } from '../incident/evidence.ts'
import { retireColour, wakeColour } from '../switchover.ts'

/** Starts the candidate beside the live version, or again where it stands by, and waits until it can take users. */
export async function bringUp(
  site: Site,
  candidate: Colour,
  version: Version,
  standsBy: boolean,
): Promise<void> {
  const { environment, run } = site
  run.fact({ kind: 'candidate', colour: candidate })
  if (standsBy) {
    run.undo(`Stop ${candidate} again`, async step => {
      await noteLastWords(site, candidate)
      await retireColour(site, candidate, step)
    })
    await run.step(`Start ${candidate} again`, step => wakeColour(site, candidate, step))
    return
  }
  run.undo(`Remove ${candidate}`, async step => {
    await noteLastWords(site, candidate)
    await removeColour(site, candidate, step)
  })
  assignImages(site, candidate, version.images)
  for (const services of groupsOf(environment.strategy, candidate)) {
    const what = services.length === 1 ? services.join() : candidate
    const title = environment.strategy === 'rolling' ? `Rolling update of ${what}` : `Deploy to ${what}`
    await run.step(title, async () => {
      // Compose renames what it replaces, and fails over such names that an interrupted run of it has left.
      await site.project.remove(await site.project.containers(services))
      await site.project.start(services, { fresh: true })
    })
    await run.step(`Wait for ${what} to be healthy`, step => waitForServices(site, services, step))
  }
}

/** Blue-green starts all of a colour at once; rolling starts service by service beside the old one. */
const groupsOf = (strategy: Environment['strategy'], colour: Colour): ServiceName[][] =>
  strategy === 'rolling' ? servicesOf(colour).map(service => [service]) : [servicesOf(colour)]

/** Applies what of the image's migrations is pending. @returns whether there was anything to migrate. */
export async function migrate(
  site: Site,
  candidate: Colour,
  version: Version,
  migrations: RevisionGraph,
): Promise<boolean> {
  const { environment, project, run } = site
  const from = await schemaRevision(project)
  const pending = pendingAt(migrations, from)
  const image = version.images.backend
  const timeout = environment.timeouts.migrate
  let unseen: Failure | undefined
  if (pending.length > 0) {
    run.fact({ kind: 'migrating', from, colour: candidate, image })
    run.undo(`Take the schema back to ${showRevision(from)}`, async step => {
      if (unseen) throw unseen
      if ((await schemaRevision(project)) === from) return step.skip('it is there')
      await downgrade(project, candidate, image, from, timeout)
    })
  }
  await run.step(`Run migrations on ${candidate}`, async step => {
    if (pending.length === 0) return step.skip(`none pending, the schema is at ${showRevision(from)}`)
    await upgrade(project, candidate, timeout)
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
      'the migrations are applied and cannot be taken back from here: another table than the one read has the revision',
    fix: "name the table of env.py's version_table and version_table_schema in the environment's settings: database: { …, versionTable: '<schema>.<table>' }",
  })
