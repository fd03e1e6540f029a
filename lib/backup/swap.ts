import { PassThrough } from 'node:stream'
import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import { admin, maintenance, ownSettings } from '../database/database.ts'
import { identifier, literal } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import type { Site } from '../proxy/site.ts'

/** Databases that a rollback has replaced are kept under this name and a time. */
export const keptPrefix = (name: string): string => `${name}_before_`

/**
 * Renames databases all at once or not at all, when nobody is connected to them any more: connections are refused
 * first, those that are left are ended. They are refused for some milliseconds, however large the databases are.
 * @param renames from, to; in an order in which no name is taken
 * @param when called when all is ready, and when it is done: what happens in between, users notice
 */
export async function renameDatabases(
  site: Site,
  renames: readonly (readonly [from: string, to: string])[],
  when: { before(): Promise<void>; after(): Promise<void> } = {
    before: async () => {},
    after: async () => {},
  },
): Promise<void> {
  const { project } = site
  const user = await superuserOf(project)
  const input = new PassThrough()
  const heard = { ready: deferred(), renamed: deferred() }
  const words = [
    ...['env', `PGOPTIONS=${ownSettings}`, 'psql'],
    '--username',
    user,
    '--dbname',
    maintenance,
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
  ]
  const running = project.exec('db', [...words, '--no-align', '--set', 'ON_ERROR_STOP=1', '--file', '-'], {
    input,
    timeout: 60_000,
    onLine: line => {
      if (line === 'ready' || line === 'renamed') heard[line].resolve()
    },
  })
  const ended = running.then(ran => {
    if (!ran.ok)
      throw new Failure({ what: 'the databases could not be renamed', detail: lastLines(ran.stderr, 5) })
  })
  try {
    // The first words warm it up: what takes time is over before anybody is cut off.
    input.write("select 'ready';\n")
    await Promise.race([heard.ready.promise, ended])
    await when.before()
    input.end(renameStatements(renames))
    await Promise.race([heard.renamed.promise, ended])
    await when.after()
    await ended
  } catch (error) {
    input.end()
    await ended.catch(() => undefined) // it is what is thrown below
    await allowConnections(site, renames.flat())
    throw error
  }
}

function renameStatements(renames: readonly (readonly [string, string])[]): string {
  const old = renames.map(([from]) => from)
  const names = old.map(literal).join(', ')
  return [
    // Every commit waits for the disk, but one that is undone in a moment need not.
    'begin; set local synchronous_commit = off;',
    ...old.map(name => `alter database ${identifier(name)} allow_connections false;`),
    'commit;',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname in (${names}) \\g /dev/null`,
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

/** After a swap that failed or was killed: whatever name a database has now, it may be connected to. */
export async function allowConnections({ project }: Site, names: readonly string[]): Promise<void> {
  await admin(
    project,
    `select format('alter database %I allow_connections true', datname) from pg_database
     where not datallowconn and datname in (${names.map(literal).join(', ')}) \\gexec`,
  )
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}
