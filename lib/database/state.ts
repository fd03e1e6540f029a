import { commandOf } from '../base/command-text.ts'
import { Failure, type Problem } from '../base/failure.ts'
import { conditionNow } from '../docker/health.ts'
import type { Environment } from '../environment/environment.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import { type Revision, schemaRevision } from './database.ts'

/**
 * What there is of the environment's database. Only `absent` means that there is nothing to lose: no container, no
 * volume and no release. Whatever is there and cannot be asked is `down`, and nothing is known of what is in it.
 */
export type DatabaseState =
  | { readonly is: 'absent' | 'ready' }
  | { readonly is: 'down'; readonly why: string }

type View = Pick<Site, 'environment' | 'project'>

export async function databaseState({ environment, project }: View): Promise<DatabaseState> {
  const [container] = await project.containers(['db'])
  if (container) {
    const condition = await conditionNow(project, container)
    return condition.is === 'healthy' ? { is: 'ready' } : { is: 'down', why: `db ${condition.why}` }
  }
  if (await project.hasVolume('db-data'))
    return { is: 'down', why: 'db has no container; its volume is there' }
  if (readReleases(environment).length > 0) return { is: 'down', why: dataGone }
  return { is: 'absent' }
}

const dataGone = 'db has no container and no volume, although there are releases'

/** Data that were live and are gone: an empty database in their place is not what a deploy is for. */
export async function lostData(view: View): Promise<Problem | undefined> {
  const state = await databaseState(view)
  if (state.is !== 'down' || state.why !== dataGone) return undefined
  const { name } = view.environment
  return {
    what: `the database of ${name} is gone: ${dataGone}`,
    fix: [
      `${commandOf('repair', name)}  starts the live version with an empty one; then`,
      `${commandOf('rollback', name)} -t database  brings the newest verified backup back`,
    ].join('\n'),
  }
}

/** A database that is there and cannot be asked, for the person who has to start it. */
export const databaseDown = ({ environment }: View, why: string): Failure =>
  new Failure({ what: `the database is down: ${why}`, fix: startsIt(environment) })

/** Where nothing was ever live, there is nothing that a repair would bring back: a deploy starts the database. */
export const startsIt = (environment: Environment): string =>
  commandOf(readReleases(environment).length > 0 ? 'repair' : 'deploy', environment.name)

/**
 * The schema's revision: null where there is no database yet, or none of Alembic's tables in it.
 * @throws Failure where the database is down: what is not known is not an empty schema.
 */
export async function currentRevision(site: View): Promise<Revision> {
  const state = await databaseState(site)
  if (state.is === 'down') throw databaseDown(site, state.why)
  return state.is === 'absent' ? null : schemaRevision(site.project)
}

/** Whether the database can be asked right now. One that cannot may be full of data: see {@link databaseState}. */
export const databaseAnswers = async (site: View): Promise<boolean> =>
  (await databaseState(site)).is === 'ready'
