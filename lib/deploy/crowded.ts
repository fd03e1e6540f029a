import { Failure, problemOf } from '../base/failure.ts'
import { count } from '../base/text.ts'
import { isCrowded } from '../database/connections.ts'
import { type Revision, showRevision, sql } from '../database/database.ts'
import { isAtLimit } from '../database/login.ts'
import { currentRevision } from '../database/state.ts'
import { serviceOf } from '../docker/project.ts'
import type { Colour } from '../environment/environment.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'

/**
 * The schema's revision; where no connection is left to ask for it, the one that the history has, and a warning.
 * @throws Failure where the database is down, or nothing was ever recorded.
 */
export async function revisionIfCrowded(site: Site, ask = currentRevision): Promise<Revision> {
  try {
    return await ask(site)
  } catch (error) {
    const recorded = readReleases(site.environment).at(-1)
    if (!recorded || !isCrowded(error)) throw error
    site.run.warn({
      what: `no connection to the database is left: by the history its schema is at ${showRevision(recorded.schema)}`,
      detail: problemOf(error).detail,
    })
    return recorded.schema
  }
}

/** Whether an application would get no connection: what PostgreSQL reserves for superusers does not count. */
async function isFull({ project }: Site): Promise<boolean> {
  try {
    const full = await sql(
      project,
      `select ${isAtLimit(project.environment)}
      or count(*) >= current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    )
    return full === 't'
  } catch (error) {
    if (isCrowded(error)) return true
    if (error instanceof Failure) return false // the candidate's own health check says what is wrong
    throw error
  }
}

/**
 * A live version that holds every connection keeps the candidate from coming up, so nobody could be moved off it. It
 * is paused, so that it takes none back, and its idle sessions are ended; it is stopped when users have left it, and
 * goes on if the run fails. Where there is room, nothing is done.
 */
export async function makeRoom(site: Site, live: Colour): Promise<void> {
  if (!(await isFull(site))) return
  const { project, run } = site
  const service = serviceOf('backend', live)
  const running = (await project.containers([service])).filter(({ status }) => status === 'running')
  if (running.length === 0) return
  run.warn({
    what: `${live} holds every connection to the database: it is paused until users have left it, and they wait for so long`,
  })
  run.undo(`Let ${live} go on`, async () => {
    const paused = (await project.containers([service])).filter(({ status }) => status === 'paused')
    await project.unpause(paused)
  })
  await run.step(`End the idle sessions of ${live}`, async step => {
    await project.pause(running)
    const ran = await project.exec('db', ['sh', '-c', endIdle, 'sh', ...running.flatMap(it => it.addresses)])
    step.note(count(Number(ran.stdout.trim()) || 0, 'session'))
  })
}

/**
 * Ends the sessions that wait for a command from these addresses, or never log in, which takes even the places that are
 * kept for superusers; without one of our own: SIGTERM to its process does
 * what pg_terminate_backend does (PostgreSQL's documentation, "Shutting Down the Server"), and its title says whose it is.
 */
const endIdle = `
ended=0
for process in /proc/[0-9]*; do
  title=$(tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | sed 's/ *$//')
  for address; do
    case "$title" in
      "postgres: "*" $address("*") idle"|"postgres: "*" $address("*") authentication") kill -TERM "\${process#/proc/}" && ended=$((ended + 1));;
    esac
  done
done
echo "$ended"`
