import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { bytes } from '../base/text.ts'
import { maintenance, ownSettings, sql } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import type { Project } from '../docker/project.ts'
import type { Step } from '../run/step.ts'
import { inDatabase, inside, type Restoring } from './container.ts'
import type { Format } from './format.ts'
import type { Examined } from './inspect.ts'
import { refusal } from './refusal.ts'
import { guarded, roomProblem } from './room.ts'
import { functions, printed, reader, restorer } from './statements.ts'

/**
 * A command that runs a file's SQL in a database, for bash in the database's container. psql obeys nothing in it, and
 * runs with no rights of root's; PostgreSQL runs it as the role that restores.
 *
 * Not in a single transaction, which needs a lock for each table at once; a database that is not filled to its end is
 * dropped. The settings are its own: those of the server or of a role may say read only, or give it a second.
 * @param to.user who guards the room meanwhile, `to.name` the database that is filled, `to.owner` whose it will be
 */
export function loading(
  format: Format,
  to: { user: string; name: string; file: string; owner: string },
): string[] {
  const psql = `powerless psql --username "$6" --dbname "$2" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file - 2>&1 >/dev/null`
  const prepared = `powerless perl -e "$4" "$7" "$5" "$6" 3>/dev/null`
  const command = `{ ${printed[format]}; } | ${prepared} | ${psql} | tail -c 16384 >&2`
  const settings = `${ownSettings} -c synchronous_commit=off`
  const script = `export PGAPPNAME=tracehub-restore PGOPTIONS='${settings}'\n${functions}file="$3"\n${guarded(command)}`
  // A token that nobody can guess ends the time in which psql obeys nothing (psql's manual, \restrict).
  const key = randomBytes(24).toString('hex')
  return ['bash', '-c', script, 'bash', to.user, to.name, to.file, reader, to.owner, restorer, key]
}

/** Fills a database with a backup. @throws Failure with PostgreSQL's own words. */
export async function load(
  site: Restoring,
  backup: Examined,
  { name, owner }: { name: string; owner: string },
  step: Pick<Step, 'progress'>,
): Promise<void> {
  const { project, run } = site
  const growing = watchDatabase(project, name, backup.manifest?.databaseBytes, step)
  const to = { user: await superuserOf(project), name, file: inside(backup.name), owner }
  try {
    const options = { timeout: 12 * 60 * 60_000, signal: run.signal }
    const ran = await inDatabase(project, loading(backup.format, to), options)
    if (ran.ok) return
    throw roomProblem(ran.stderr, basename(backup.file)) ?? (await refusal(site, backup, ran.stderr))
  } finally {
    clearInterval(growing)
  }
}

/**
 * Says how large a database is that is being filled, until the timer is cleared.
 * @param expected how large it will be about, in bytes
 */
function watchDatabase(
  project: Project,
  name: string,
  expected: number | undefined,
  step: Pick<Step, 'progress'>,
) {
  const size = `select pg_database_size(oid) from pg_database where datname = ${literal(name)}`
  return setInterval(() => {
    sql(project, size, { database: maintenance }).then(
      text => step.progress(`${bytes(Number(text))}${expected ? ` of about ${bytes(expected)}` : ''}`),
      () => undefined, // only what is shown meanwhile
    )
  }, 2000)
}
