import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { Failure } from '../base/failure.ts'
import { duration, lastLines } from '../base/text.ts'
import { admin, maintenance, ownSettings, sql } from '../database/database.ts'
import { identifier, literal } from '../database/sql-words.ts'
import { ownPath, superuserOf } from '../database/superuser.ts'
import type { Container } from '../docker/containers.ts'
import type { Site } from '../proxy/site.ts'
import { hide, runningBackends, show } from './backend-access.ts'
import { dropScratch } from './leftovers.ts'
import { stamp } from './manifest.ts'

/** Databases that a rollback has replaced are kept under this name and a time. */
export const keptPrefix = (name: string): string => `${name}_before_`

/** Whether the server has a database of that name. */
export const databaseExists = async ({ project }: Site, name: string): Promise<boolean> =>
  (await admin(project, `select 1 from pg_database where datname = ${literal(name)}`)) === '1'

/**
 * Puts a database in the live one's place, which is kept under a dated name. The way back is named first; whoever is
 * still reached by users is hidden from them meanwhile.
 * @param side what is to become live; `droppable` when it was made for this alone
 * @returns the name of the one that was replaced (null where there was none), and for how long users were away, in ms
 */
export async function replaceDatabase(
  site: Site,
  side: { name: string; droppable: boolean },
): Promise<{ kept: string | null; ms: number }> {
  const { environment, project, run } = site
  const live = environment.database.name
  const kept = (await databaseExists(site, live)) ? `${keptPrefix(live)}${stamp(new Date())}` : null
  const forth: (readonly [string, string])[] = [
    ...(kept === null ? [] : [[live, kept] as const]),
    [side.name, live],
  ]
  const back = forth.toReversed().map(([from, to]) => [to, from] as const)
  if (side.droppable) run.undo(`Drop ${side.name}`, () => dropScratch(site, side.name))
  run.undo('Put the replaced database back', async step => {
    if (await databaseExists(site, side.name)) return step.skip('it was not replaced: it is as it was')
    await renameDatabases(site, back)
    step.note(`${live} is the database from before, untouched`)
  })
  run.fact({ kind: 'swapping-database', live, side: side.name, kept })
  const reached = await runningBackends(site)
  const ms = await run.step('Swap the databases', async step => {
    // What was restored is on its way to the disk still, and the renaming's own commit would wait behind it.
    step.progress('checkpoint')
    await sql(project, 'checkpoint', { database: maintenance, timeout: environment.timeouts.backup })
    const away = await renameDatabases(site, forth, reached)
    step.note(`${kept ? `the one before is ${kept}, ` : ''}in ${duration(away)}`)
    return away
  })
  return { kept, ms }
}

/**
 * Renames databases all at once or not at all, when nobody is connected to them any more: connections are refused
 * first, those that are left are ended. They are refused for some milliseconds, however large the databases are.
 * @param renames from, to; in an order in which no name is taken
 * @param reached backends that are hidden from users meanwhile
 * @returns for how long users noticed it, in ms
 */
export async function renameDatabases(
  site: Site,
  renames: readonly (readonly [from: string, to: string])[],
  reached: readonly Container[] = [],
): Promise<number> {
  const { project } = site
  const input = new PassThrough()
  const heard = new EventEmitter()
  const words = [
    ...['env', `PGOPTIONS=${ownSettings} ${ownPath}`, 'psql'],
    ...['--username', await superuserOf(project), '--dbname', maintenance],
    ...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1', '--file', '-'],
  ]
  const onLine = (line: string): void => void heard.emit(`line ${line}`)
  const ended = project.exec('db', words, { input, timeout: 60_000, onLine }).then(ran => {
    if (!ran.ok)
      throw new Failure({ what: 'the databases could not be renamed', detail: lastLines(ran.stderr, 5) })
  })
  try {
    // The first words warm it up: what takes time is over before anybody is cut off.
    input.write("select 'ready';\n")
    await Promise.race([once(heard, 'line ready'), ended])
    const began = performance.now()
    await hide(site, reached)
    input.end(renameStatements(renames))
    await Promise.race([once(heard, 'line renamed'), ended])
    await show(site, reached)
    const ms = performance.now() - began
    await ended
    return ms
  } catch (error) {
    input.end()
    await ended.catch(() => undefined) // it is what is thrown below
    await allowConnections(site, renames.flat()).finally(() => show(site, reached))
    throw error
  }
}

function renameStatements(renames: readonly (readonly [string, string])[]): string {
  const old = renames.map(([from]) => from)
  const names = old.map(literal).join(', ')
  // Whoever has begun to change one of them, from another database, keeps us waiting for as long as he likes.
  const endHolders = `select pg_terminate_backend(pid) from pg_locks where pid <> pg_backend_pid()
    and (relation = 'pg_database'::regclass and mode = 'RowExclusiveLock' or classid = 'pg_database'::regclass
      and objid in (select oid from pg_database where datname in (${names}))) \\g /dev/null`
  return [
    endHolders,
    // Every commit waits for the disk, but one that is undone in a moment need not.
    'begin; set local synchronous_commit = off;',
    ...old.map(name => `alter database ${identifier(name)} allow_connections false;`),
    'commit;',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname in (${names}) \\g /dev/null`,
    endHolders,
    // RENAME itself looks only every 100 ms whether they are gone.
    'do $$ begin for i in 1..2000 loop',
    'perform pg_stat_clear_snapshot();',
    `exit when not exists (select from pg_stat_activity where datname in (${names}));`,
    'perform pg_sleep(0.002); end loop; end $$;',
    'begin;',
    ...renames.map(([from, to]) => `alter database ${identifier(from)} rename to ${identifier(to)};`),
    ...renames.map(([, to]) => `alter database ${identifier(to)} allow_connections true;`),
    'commit;',
    "select 'renamed';\n",
  ].join('\n')
}

/**
 * After a swap that failed or was killed: whatever name a database has now, it may be connected to.
 * @returns whether one was closed; its owner may close it, too, and to everybody
 */
export async function allowConnections({ project }: Site, names: readonly string[]): Promise<boolean> {
  const closed = `from pg_database where not datallowconn and datname in (${names.map(literal).join(', ')})`
  const found = await admin(
    project,
    `select count(*) ${closed};
    select format('alter database %I allow_connections true', datname) ${closed} \\gexec`,
  )
  return found !== '0'
}
