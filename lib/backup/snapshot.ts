import { Failure } from '../base/failure.ts'
import type { Ran } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { leavesCrowd, noneLeft, untilLetIn } from '../database/connections.ts'
import { admin, ownSettings, type Revision, tablesOnly, unlimited } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import { superuserOf } from '../database/superuser.ts'
import { revisionScript } from '../database/version-table.ts'
import type { Project } from '../docker/project.ts'
import { inDatabase } from './container.ts'
import { catalogsQuery, type Found, parseContent, rowsQuery, sequencesQuery } from './content.ts'

/** pg_dump tells PostgreSQL that it is ours, so that a leftover of a killed run can be found and ended. */
const applicationName = 'tracehub-backup'

/**
 * One psql holds the snapshot open, has pg_dump read it, and meanwhile has another one count in it, as the owner. All of
 * it runs inside the container: a dump that comes out through `docker exec` takes more than twice as long.
 */
export async function dumpSnapshot(
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
