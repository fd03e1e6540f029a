import { commandOf } from '../../base/command-text.ts'
import { Failure } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { schemaRevision, showRevision } from '../../database/database.ts'
import { downgradeTo, migrationsOf, upgradeAgain } from '../../database/migrations.ts'
import { type Descent, type RevisionGraph, unknownTo } from '../../database/revision-graph.ts'
import { currentRevision } from '../../database/state.ts'
import { isHere } from '../../docker/images.ts'
import { readComposeState } from '../../environment/directory.ts'
import { type Colour, otherColour } from '../../environment/environment.ts'
import { type PinnedImage, pinned } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'

/** A colour whose image knows the database's revision, and so the way back from it. */
export interface Guide {
  readonly colour: Colour
  readonly image: PinnedImage
  readonly graph: RevisionGraph
  /** Where users are. */
  readonly live: Colour
  readonly revision: string
}

/** @throws Failure when nothing is live, the schema is empty, or no image on this machine knows its revision. */
export async function guideBack({ environment, project, proxy, run }: Site): Promise<Guide> {
  const live = proxy.mapOnDisk()
  if (live === null) throw new Failure({ what: 'nothing is live', fix: 'deploy first' })
  const state = readComposeState(environment)
  if (!state)
    throw new Failure({
      what: `${environment.directory}/.env is lost or damaged: it says which images know the way back`,
      fix: commandOf('repair', environment.name),
    })
  const revision = await currentRevision({ environment, project })
  if (revision === null)
    throw new Failure({ what: 'the schema is empty: there is nothing to roll back', fix: 'deploy first' })
  const heads: string[] = []
  for (const colour of [live, otherColour(live)]) {
    const named = state.images[colour]?.backend
    if (named === undefined || !(await isHere(pinned(named)))) continue
    const image = pinned(named)
    const graph = await migrationsOf({ environment, run }, image)
    if (!revision.includes(',') && unknownTo(graph, revision).length === 0)
      return { colour, image, graph, live, revision }
    heads.push(`${colour} ends at ${graph.heads.join(', ')}`)
  }
  throw new Failure({
    what: `the database is at revision ${revision}, which no image of this environment knows`,
    detail: heads.join('\n'),
    fix: 'deploy the version that has it, or restore a backup: rollback.ts -t database',
  })
}

/**
 * Rolls the schema back, with the image that knows the way. Should anything after this fail, or the run be killed, it
 * is taken forward again; what was in the columns and tables that went is in the backup alone.
 */
export async function takeSchemaBack(site: Site, guide: Guide, { from, to, revisions }: Descent) {
  const { project, run } = site
  const { colour, image, live } = guide
  run.fact({ kind: 'downgrading', from, to, colour, image, live })
  run.undo(`Bring the schema forward to ${from} again`, async step => {
    if ((await schemaRevision(project)) === from) return step.skip('it is there')
    await upgradeAgain(project, colour, image, from)
  })
  await run.step(`Roll the schema back to ${showRevision(to)}`, async step => {
    await downgradeTo(project, colour, to)
    step.note(count(revisions.length, 'revision'))
  })
}

/** What is rolled back, for whoever is asked. */
export const descentLines = ({ titles }: RevisionGraph, { revisions }: Descent): string[] =>
  revisions.map(name => `${name} ${titles.get(name) ?? ''}`.trim())
