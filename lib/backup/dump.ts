import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import type { Ran } from '../base/shell.ts'
import { bytes, count, duration, lastLines } from '../base/text.ts'
import { leavesCrowd, noneLeft, untilLetIn } from '../database/connections.ts'
import {
  admin,
  databaseSize,
  ownSettings,
  type Revision,
  sql,
  tablesOnly,
  unlimited,
} from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import { revisionScript } from '../database/version-table.ts'
import type { Project } from '../docker/project.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { inDatabase } from './container.ts'
import {
  catalogsQuery,
  contentQuery,
  type Found,
  parseContent,
  rowsQuery,
  schemaQuery,
  sequencesQuery,
} from './content.ts'
import { cutOff } from './format.ts'
import { backupDirectory } from './list.ts'
import { backupName, type Content, type Manifest, type Reason, writeManifest } from './manifest.ts'
import { demandRoom, expectedDump, guardRoom, keptFree } from './room.ts'
import { GrowingDigest } from './streaming-digest.ts'

/** pg_dump tells PostgreSQL that it is ours, so that a leftover of a killed run can be found and ended. */
const applicationName = 'tracehub-backup'

/**
 * Dumps the database as plain SQL, written by the database's own container to `backups/`, and sees to it that it is
 * complete before it gets its name: pg_dump's exit code, its end marker, fsync, checksum, rename. The schema's
 * revision is read, and the rows are counted (and hashed where `hashed` asks for it), in the very snapshot that is
 * dumped.
 * @throws Failure when any of this fails; no file is left that looks like a backup.
 */
export async function backUp(
  site: Site,
  wanted: { reason: Reason; hashed: boolean },
  step: Step,
): Promise<Manifest> {
  const { environment, project, run } = site
  const directory = backupDirectory(environment)
  const databaseBytes = await databaseSize(project)
  const expected = expectedDump(environment, databaseBytes)
  const kept = await keptFree(project)
  await demandRoom(directory, expected + kept)
  const at = freeMoment(directory)
  const name = `${backupName(at)}.sql`
  const partial = join(directory, `${name}.partial`)
  const growing = new GrowingDigest(partial, expected, text => step.progress(text))
  const full = new AbortController()
  const guarding = guardRoom(directory, kept, () => full.abort(noRoom(directory, kept)))
  const started = performance.now()
  try {
    const found = await dump(project, `${name}.partial`, wanted.hashed, {
      timeout: environment.timeouts.backup,
      signal: AbortSignal.any([run.signal, full.signal]),
    })
    const size = statSync(partial).size
    const cut = cutOff(partial, size)
    if (cut !== undefined)
      throw new Failure({ what: `the backup is not complete: ${cut}`, detail: `${bytes(size)} were written` })
    // A function of the application's in an index may fail, or no connection be left for its owner: the dump is whole.
    if (found.uncounted !== undefined)
      run.warn({ what: 'the rows of the backup could not be counted', detail: found.uncounted })
    else await warnOfUncounted(site)
    const digest = await growing.finish()
    const live = readReleases(environment).at(-1)
    const manifest: Manifest = {
      ...{ file: name, ...digest, at: at.getTime(), ms: Math.round(performance.now() - started) },
      ...{ reason: wanted.reason, run: site.runId, who: site.who },
      ...{ database: environment.database.name, databaseBytes, schema: found.schema },
      ...{ postgres: found.postgres, pgDump: found.pgDump, rows: found.rows, content: found.content },
      ...(live && { release: live.release, tag: live.tag, images: live.images }),
    }
    renameSync(partial, join(directory, name))
    writeManifest(directory, manifest)
    const rate = bytes(Math.round(manifest.bytes / (manifest.ms / 1000)))
    step.note(`${name}, ${bytes(manifest.bytes)} in ${duration(manifest.ms)}, ${rate}/s`)
    return manifest
  } finally {
    guarding.stop()
    growing.giveUp()
    rmSync(partial, { force: true })
  }
}

/** Says which tables were dumped and not counted: the owner may not read them, and a superuser reads none. */
async function warnOfUncounted({ environment, project, run }: Site): Promise<void> {
  const { user } = environment.database
  const unread = `select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and relpersistence <> 't' and nspname !~ '^pg_' and nspname <> 'information_schema'
    and not (has_schema_privilege(${literal(user)}, n.oid, 'usage') and has_table_privilege(${literal(user)}, c.oid, 'select'))
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') order by 1`
  const names = await sql(project, unread)
  if (names === '') return
  const all = names.split('\n')
  const more = all.length > 5 ? [`and ${all.length - 5} more`] : []
  run.warn({
    what: `${count(all.length, 'table')} of other roles: backed up, and not compared, for ${user} may not read what is in there`,
    detail: [...all.slice(0, 5), ...more].join('\n'),
    fix: `in ${commandOf('enter', environment.name, 'superuser')}: grant select on … to ${user}`,
  })
}

const noRoom = (directory: string, kept: number): Failure =>
  new Failure({
    what: `the database could not be backed up: fewer than ${bytes(kept)} are left of the disk that it is on, too`,
    detail: 'the dump was ended before the disk was full: on a full one, PostgreSQL stops',
    fix: `make room: df -h ${directory} shows the disk`,
  })

/** A second in which no backup was made yet: two in one would have one name. */
function freeMoment(directory: string): Date {
  const at = new Date()
  const isTaken = (ending: string): boolean => existsSync(join(directory, `${backupName(at)}${ending}`))
  while (['.sql', '.sql.zst', '.sql.gz'].some(isTaken)) at.setSeconds(at.getSeconds() + 1)
  return at
}

/**
 * One psql holds the snapshot open, has pg_dump read it, and meanwhile has another one count in it, as the owner. All of
 * it runs inside the container: a dump that comes out through `docker exec` takes more than twice as long.
 */
async function dump(
  project: Project,
  partial: string,
  hashed: boolean,
  options: { timeout: number; signal: AbortSignal },
): Promise<Found & { uncounted: string | undefined; schema: Revision; postgres: string; pgDump: string }> {
  const { name, user: owner } = project.environment.database
  const user = await superuserOf(project, options)
  const script = [
    unlimited,
    tablesOnly,
    'begin isolation level repeatable read, read only;',
    'select pg_catalog.pg_export_snapshot() as snapshot \\gset',
    'select pg_catalog.getdatabaseencoding() as encoding \\gset',
    '\\setenv SNAPSHOT :snapshot',
    '\\setenv ENCODING :encoding',
    '\\! echo "$SNAPSHOT $ENCODING" >&4',
    revisionScript(project.environment.database, 'schema '),
    // What the database tells sessions is told to the owner's, too: to end when they are idle. Servers before 14 know nothing of it.
    "select case when current_setting('server_version_num')::int >= 140000 then '-c idle_session_timeout=0' else '' end as patience \\gset",
    '\\setenv PATIENCE :patience',
    '\\! eval "$ASK_OWNER"',
    catalogsQuery(hashed),
    "\\! sed 's/^/said: /' <&6; pg_dump --version </dev/null", // the pipe ends when pg_dump does
    // How far the sequences have come meanwhile.
    ...(hashed ? ['\\! ROWS=$SEQUENCES; eval "$ASK_OWNER"'] : []),
    "select 'postgres ' || current_setting('server_version');",
    'commit;',
  ].join('\n')
  const asked = (query: string): string =>
    `${unlimited}\nbegin isolation level repeatable read, read only; set transaction snapshot :'snapshot';\n${query}\ncommit;`
  const questions = [asked(rowsQuery(hashed)), asked(sequencesQuery)]
  const words = ['sh', applicationName, user, name, partial, owner, ...questions]
  const dumpedBy = (ran: Ran): string | undefined =>
    [...ran.stdout.matchAll(/^pg_dump ended: (\d+)$/gm)].at(-1)?.[1]
  const isRefused = (ran: Ran): boolean => dumpedBy(ran) !== '0' && noneLeft.test(ran.stdout + ran.stderr)
  const ran = await untilLetIn(
    () => inDatabase(project, ['sh', '-c', dumping, ...words], { ...options, input: script }),
    isRefused,
  ).catch(async (error: unknown) => {
    // The client was ended; what it had started in the container was not. What cannot be reached now, the next run ends.
    await endDumps(project).catch(() => undefined)
    throw error
  })
  const dumped = dumpedBy(ran)
  const isCounted = ran.stdout.split('\n').filter(line => line === 'owner asked').length === (hashed ? 2 : 1)
  if (!ran.ok || dumped !== '0') {
    if (dumped === undefined) await endDumps(project) // the engine lost sight of it
    const said = ran.stdout.split('\n').flatMap(line => /^said: (pg_dump: .*)/.exec(line)?.[1] ?? [])
    throw new Failure({
      what: 'the database could not be backed up',
      detail: lastLines([...said, ran.stderr].join('\n'), 5),
      fix: isRefused(ran)
        ? leavesCrowd(project.environment.name)
        : 'make room (df -h) or fix the database, then try again',
    })
  }
  const counted = isCounted ? readable(ran.stdout, hashed) : undefined
  const versionOf = (program: string): string =>
    new RegExp(`^${program}.* (\\d[\\d.]*)`, 'm').exec(ran.stdout)?.[1] ?? ''
  return {
    ...(counted ?? { rows: {}, content: undefined }),
    uncounted: counted ? undefined : lastLines(ran.stderr, 3),
    schema: /^schema (.*)$/m.exec(ran.stdout)?.[1] || null,
    postgres: versionOf('postgres'),
    pgDump: versionOf('pg_dump \\(PostgreSQL\\)'),
  }
}

/** What was counted; undefined where the owner's session, in which functions of the application's may run, said something else. */
function readable(stdout: string, hashed: boolean): Found | undefined {
  try {
    return parseContent(stdout, hashed)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * `docker exec`'s own child stays the parent of all that it starts, and outlives it: what loses its parent goes to
 * process 1, and where that is PostgreSQL, one that ends with 2 or by a signal makes it end every session.
 *
 * pg_dump waits for its snapshot at pipe 4. What it says goes through pipe 6, which takes no room: what it says of a full
 * disk must not need room on it. That pipe's only writer is pg_dump, so it ends when pg_dump does, however it does.
 */
const dumping = `
umask 077; export PGOPTIONS='${ownSettings}' PGAPPNAME="$1" DB_USER="$2" DB_NAME="$3" DUMP="/backups/$4"
export DB_OWNER="$5" ROWS="$6" SEQUENCES="$7" ASK_OWNER='printf "%s\\n" "$ROWS" |
  PGOPTIONS="$PGOPTIONS $PATIENCE" psql --username "$DB_OWNER" --dbname "$DB_NAME" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --set snapshot="$SNAPSHOT" --file - &&
  echo "owner asked"'
pipes=$(mktemp -d) && mkfifo "$pipes/snapshot" "$pipes/said" || exit 1
exec 4<>"$pipes/snapshot" 5<>"$pipes/said" 6<"$pipes/said"
rm -r "$pipes"
{
  read -r snapshot encoding <&4 && exec 4<&- 6<&- &&
    exec pg_dump --username "$DB_USER" --dbname "$DB_NAME" --snapshot "$snapshot" --encoding "$encoding" --file "$DUMP"
} </dev/null >&5 2>&5 5>&- & dumper=$!
exec 5>&-
psql --username "$DB_USER" --dbname "$DB_NAME" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --file -
code=$?
[ $code = 0 ] || kill $dumper 2>/dev/null # it may be waiting for a snapshot, or for somebody who hears it
wait $dumper
echo "pg_dump ended: $?"
exit $code
`

/** Ends dumps of ours that are still being written. */
export async function endDumps(project: Project): Promise<void> {
  await admin(
    project,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${literal(applicationName)}`,
  )
}

/** What a database of the server holds now. @param options.timeout in ms; `user` who reads it, its owner unless told */
export async function readContent(
  project: Project,
  database: string,
  hashed: boolean,
  options: { timeout: number; signal?: AbortSignal; user?: string },
): Promise<Found> {
  const ask = (query: string, user?: string): Promise<string> =>
    sql(project, `begin isolation level repeatable read, read only;\n${query}\ncommit;`, {
      ...options,
      ...(user !== undefined && { user }),
      database,
    })
  if (options.user !== undefined) return parseContent(await ask(contentQuery(hashed), options.user), hashed)
  const rows = await ask(rowsQuery(hashed), project.environment.database.user)
  return parseContent(`${rows}\n${await ask(catalogsQuery(hashed))}`, hashed)
}

/** What the schema's objects of a database are; no function in it is called. @param options.timeout in ms */
export async function readSchema(
  project: Project,
  database: string,
  options: { timeout: number; signal?: AbortSignal },
): Promise<Content['schema']> {
  const script = `begin isolation level repeatable read, read only;\n${schemaQuery}\ncommit;`
  return parseContent(await sql(project, script, { ...options, database }), true).content?.schema ?? {}
}
