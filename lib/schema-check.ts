import type { Revision } from './database.ts'
import { Failure } from './failure.ts'
import { migrationsOf } from './migrations.ts'
import type { PinnedImage } from './releases.ts'
import { type RevisionGraph, unknownTo } from './revision-graph.ts'
import type { Site } from './site.ts'

/**
 * Whether an image can run on the database as it is, now or after an upgrade.
 * @param revision of the database; undefined where it is not known, as in a plan for a database that is down
 * @throws Failure when the database is at a revision that the image does not have, or the image has several heads.
 */
export async function checkSchema(
  { run }: Pick<Site, 'run'>,
  image: PinnedImage,
  revision: Revision | undefined,
  waysOut: string,
): Promise<RevisionGraph> {
  const graph = await migrationsOf(image, run.signal)
  if (graph.heads.length > 1)
    throw new Failure({
      what: `the image has ${graph.heads.length} migration heads: ${graph.heads.join(', ')}`,
      fix: 'join them with `alembic merge heads`, build again and deploy',
    })
  const unknown = revision === undefined ? [] : unknownTo(graph, revision)
  if (unknown.length > 0)
    throw new Failure({
      what: `the database is at revision ${unknown.join(', ')}, which this image does not know`,
      detail: `the image's newest revision is ${graph.heads.join()}`,
      fix: waysOut,
    })
  return graph
}
