import { schemaRevision } from './database.ts'
import { Failure } from './failure.ts'
import { migrationsOf } from './migrations.ts'
import type { PinnedImage } from './releases.ts'
import { type RevisionGraph, unknownTo } from './revision-graph.ts'
import { databaseAnswers } from './services.ts'
import type { Site } from './site.ts'

/**
 * Whether an image can run on the database as it is, now or after an upgrade.
 * @throws Failure when the database is at a revision that the image does not have, or the image has several heads.
 */
export async function checkSchema(site: Site, image: PinnedImage, waysOut: string): Promise<RevisionGraph> {
  const graph = await migrationsOf(site.project, image)
  if (graph.heads.length > 1)
    throw new Failure({
      what: `the image has ${graph.heads.length} migration heads: ${graph.heads.join(', ')}`,
      fix: 'join them with `alembic merge heads`, build again and deploy',
    })
  const revision = (await databaseAnswers(site)) ? await schemaRevision(site.project) : null
  const unknown = unknownTo(graph, revision)
  if (unknown.length > 0)
    throw new Failure({
      what: `the database is at revision ${unknown.join(', ')}, which this image does not know`,
      detail: `the image's newest revision is ${graph.heads.join()}`,
      fix: waysOut,
    })
  return graph
}
