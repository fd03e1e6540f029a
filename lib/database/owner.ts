import { Failure } from '../base/failure.ts'
import { sleep } from '../base/wait.ts'
import type { Project } from '../docker/project.ts'
import { admin, maintenance, sql } from './database.ts'
import { databasesToHandOver, handOver, separation } from './ownership.ts'
import { identifier, literal } from './sql-words.ts'
import { remember, superuserName, superuserOf } from './superuser.ts'

/**
 * The application owns its database and is no superuser; the toolkit is, by a role of its own. PostgreSQL's image makes the
 * application's role the superuser: that one gets a name of its own, and all that it has in the environment's databases
 * becomes the owner's. The application keeps its name, its password and what it may do with its own data, at every moment:
 * the role stops being a superuser when it owns everything.
 *
 * An application that cannot do without (`database.superuser` in the settings) stays one.
 * @returns what the owner is no more, or is again: a way back for a run that fails; undefined where nothing had to be changed
 */
export async function settleOwner(project: Project): Promise<{ undo: () => Promise<void> } | undefined> {
  const { name, user, superuser: wanted = false } = project.environment.database
  if ((await superuserOf(project)) === user) {
    if (wanted) return undefined
    await separate(project)
  }
  const was = await isSuperuser(project)
  const found = wanted
    ? ''
    : await admin(project, `${forget(user)}; ${undisturbed} ${databasesToHandOver(name)}`)
  for (const database of found.split('\n').filter(Boolean)) {
    await patiently(() => sql(project, handOver(user), { database, timeout: 10 * 60_000 }))
    await admin(project, `alter database ${identifier(database)} owner to ${identifier(user)}`)
  }
  if (was === wanted) return undefined
  const set = (superuser: boolean): Promise<string> =>
    admin(project, `alter role ${identifier(user)} ${superuser ? '' : 'no'}superuser`)
  await set(wanted)
  return { undo: async () => void (await set(was)) }
}

/** Whether the database's owner is a superuser now. */
export const isSuperuser = async (project: Project): Promise<boolean> =>
  (await admin(
    project,
    `select rolsuper from pg_roles where rolname = ${literal(project.environment.database.user)}`,
  )) === 't'

/** By a role that is there for this moment only, and whom a run that was killed may have left. */
async function separate(project: Project): Promise<void> {
  const { user } = project.environment.database
  await admin(project, `${forget(user)}; create role ${identifier(helper(user))} login superuser`)
  await sql(project, separation(user, superuserName(user)), { database: maintenance, user: helper(user) })
  remember(project, superuserName(user))
}

/**
 * SQL: what the owner tells its database's sessions, to end when they have been idle for a millisecond, is not for ours,
 * which would be gone before their first question. A role's own setting counts for more; servers before 14 have none.
 */
const undisturbed = `select format('alter role %I set idle_session_timeout = 0', current_user)
  from pg_settings where name = 'idle_session_timeout' \\gexec
`

const helper = (owner: string): string => `${owner}_renames`
const forget = (owner: string): string => `drop role if exists ${identifier(helper(owner))}`

/** Again, a few times, where somebody holds a lock on what is to be handed over; what is done stays done. */
async function patiently(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await act()
      return
    } catch (error) {
      if (!(error instanceof Failure) || tries === 5 || !/lock timeout/.test(error.detail ?? '')) throw error
      await sleep(500 * tries)
    }
  }
}
