import { Failure } from '../base/failure.ts'
import type { PinnedImage } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import { isCrowded } from './connections.ts'
import { type Revision, revisionsByTable } from './database.ts'
import { migrationsOf } from './migrations.ts'
import { type RevisionGraph, unknownTo } from './revision-graph.ts'
import { databaseState } from './state.ts'

/**
 * Whether an image can run on the database as it is, now or after an upgrade.
 * @param revision of the database; undefined where it is not known, as in a plan for a database that is down
 * @throws Failure when the database is at a revision that the image does not have, the image has several heads, or
 * several tables may say what the revision is.
 */
export async function checkSchema(
  { environment, project, run }: Pick<Site, 'environment' | 'project' | 'run'>,
  image: PinnedImage,
  revision: Revision | undefined,
  waysOut: string,
): Promise<RevisionGraph> {
  const graph = await migrationsOf({ environment, run }, image)
  if (graph.heads.length > 1)
    throw new Failure({
      what: `the image has ${graph.heads.length} migration heads: ${graph.heads.join(', ')}`,
      fix: 'join them with `alembic merge heads`, build again and deploy',
    })
  if (revision !== undefined) await demandOneVersionTable({ environment, project }, graph, revision)
  const unknown = revision === undefined ? [] : unknownTo(graph, revision)
  if (unknown.length > 0)
    throw new Failure({
      what: `the database is at revision ${unknown.join(', ')}, which this image does not know`,
      detail: [
        `the image's newest revision is ${graph.heads.join()}`,
        `the database's is in ${environment.database.versionTable ?? 'the likeliest of its tables'}: database.versionTable in the settings names it`,
      ].join('\n'),
      fix: waysOut,
    })
  return graph
}

/** @throws Failure where another table than the one that is read has a revision of this image's: which is right? */
async function demandOneVersionTable(
  site: Pick<Site, 'environment' | 'project'>,
  graph: RevisionGraph,
  revision: Revision,
): Promise<void> {
  if (site.environment.database.versionTable !== undefined) return
  if (revision === null && (await databaseState(site)).is !== 'ready') return
  const tables = await revisionsByTable(site.project).then(
    found => [...found],
    (error: unknown) => {
      if (isCrowded(error)) return [] // the revision is by the history, and a warning has said so
      throw error
    },
  )
  const others = tables.slice(1).filter(([, found]) => found !== null && unknownTo(graph, found).length === 0)
  if (others.length === 0) return
  throw new Failure({
    what: `${tables.length} tables of the database may have its revision`,
    detail: tables.map(([table, found]) => `${table}: ${found ?? 'none'}`).join('\n'),
    fix: "say which one env.py means in the environment's settings: database: { …, versionTable: '<schema>.<table>' }",
  })
}
