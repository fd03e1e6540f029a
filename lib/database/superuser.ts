import type { Limits } from '../base/shell.ts'
import type { Project } from '../docker/project.ts'
import { untilLetIn } from './connections.ts'

/** What the server's superuser is called when the owner is none any more: see {@link demoteOwner} in owner.ts. */
export const superuserName = (owner: string): string => `${owner}_admin`

/** SQL: the role that made the server's files: its superuser for ever, whatever it is called (BOOTSTRAP_SUPERUSERID). */
export const bootstrap = 10

/**
 * As PGOPTIONS wants it: what is PostgreSQL's own is found, and nothing else. It is for `postgres`, too: before version 15
 * everybody could make functions and operators there, and a server of then still lets them (CVE-2018-1058).
 */
export const ownPath = '-c search_path=pg_catalog'

const known = new WeakMap<Project, string>()

/**
 * As whom the toolkit asks: the server's superuser, over the socket inside the database's container, where no password
 * is asked. It has a name of its own, unless the application's role is still the superuser itself.
 * @param options.timeout in ms
 */
export async function superuserOf(project: Project, options: Limits = {}): Promise<string> {
  const found = known.get(project)
  if (found !== undefined) return found
  const { user } = project.environment.database
  for (const name of [superuserName(user), user]) {
    const question = `select rolname from pg_catalog.pg_roles where oid = ${bootstrap}`
    const words = [
      ...['env', `PGOPTIONS=${ownPath}`, 'psql', '--username', name, '--dbname', 'postgres'],
      ...['--no-psqlrc', '-qAtc', question],
    ]
    const ran = await untilLetIn(() => project.exec('db', words, { timeout: 60_000, ...options }))
    if (ran.ok) return remember(project, ran.stdout.trim())
    if (!/role ".*" does not exist/.test(ran.stderr)) return name // whoever asks as this role hears why it is not answered
  }
  return user
}

/** From now on this is the superuser's name. */
export function remember(project: Project, superuser: string): string {
  known.set(project, superuser)
  return superuser
}
