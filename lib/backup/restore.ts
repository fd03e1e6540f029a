import { basename } from 'node:path'
import { Failure } from '../base/failure.ts'
import { bytes, lastLines } from '../base/text.ts'
import { admin, maintenance, sql } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import type { Project } from '../docker/project.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { causeIn } from './cause.ts'
import { inDatabase, inside } from './container.ts'
import { differences, type Found } from './content.ts'
import { demandDatabaseRoom, guarded, roomProblem } from './database-room.ts'
import { readContent } from './dump.ts'
import { isOfServersMajor, newerThanServer } from './dump-version.ts'
import { unpack } from './format.ts'
import type { Examined } from './inspect.ts'
import { dropScratch } from './leftovers.ts'

/** What `ALTER DATABASE … SET` takes as a list of names and not as one text. */
const lists = "'search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'"

const listing = 'backup.ts --list shows them'

/**
 * Makes an empty database like another one: owner, encoding, locale, limits, settings, grants and comment, none of
 * which are in a dump. Where that one is gone, the server's defaults.
 */
export async function createLike(project: Project, model: string, name: string): Promise<void> {
  const { user } = project.environment.database
  const like = literal(model)
  await admin(
    project,
    `
select coalesce((select format('create database %I template template0 owner %I encoding %L lc_collate %L lc_ctype %L tablespace %I connection limit %s%s',
    ${literal(name)}, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, spcname, datconnlimit,
    case to_jsonb(d)->>'datlocprovider' when 'i' then format(' locale_provider icu icu_locale %L', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'))
      when 'b' then format(' locale_provider builtin builtin_locale %L', to_jsonb(d)->>'datlocale') else '' end)
  from pg_database d join pg_tablespace t on t.oid = dattablespace where datname = ${like}),
  format('create database %I template template0 owner %I', ${literal(name)}, ${literal(user)})) \\gexec
select format('alter %s set %I to %s', case when setrole = 0 then format('database %I', ${literal(name)}) else format('role %I in database %I', setrole::regrole::text, ${literal(name)}) end,
    split_part(setting, '=', 1), case when split_part(setting, '=', 1) in (${lists}) then substr(setting, strpos(setting, '=') + 1) else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
  from pg_db_role_setting join pg_database d on d.oid = setdatabase, unnest(setconfig) setting where datname = ${like} \\gexec
select format('revoke all on database %I from public', ${literal(name)}) from pg_database where datname = ${like} and datacl is not null \\gexec
select format('grant %s on database %I to %s%s', privilege_type, ${literal(name)}, case when grantee = 0 then 'public' else grantee::regrole::text end,
    case when is_grantable then ' with grant option' else '' end)
  from pg_database, aclexplode(datacl) where datname = ${like} \\gexec
select format('comment on database %I is %L', ${literal(name)}, shobj_description(oid, 'pg_database'))
  from pg_database where datname = ${like} and shobj_description(oid, 'pg_database') is not null \\gexec
`,
  )
}

/**
 * Restores a backup into a new database beside the live one, in a single transaction, and compares what came out
 * with what its manifest says. Nothing else is touched; when it fails, the new database is dropped again.
 * @returns what is in it now.
 * @throws Failure with PostgreSQL's own words, or with the differences.
 */
export async function restoreAside(site: Site, backup: Examined, name: string, step: Step): Promise<Found> {
  const { environment, project, run } = site
  await demandDatabaseRoom(site, backup.manifest?.databaseBytes ?? backup.bytes)
  try {
    await createLike(project, environment.database.name, name)
    await load(site, backup, name, step)
    step.progress('analyse')
    await sql(project, 'analyze', {
      database: name,
      timeout: environment.timeouts.backup,
      signal: run.signal,
    })
    step.progress('compare')
    return await compare(site, backup, name)
  } catch (error) {
    await dropScratch(site, name)
    throw error
  }
}

async function load(site: Site, backup: Examined, name: string, step: Step): Promise<void> {
  const { environment, project, run } = site
  const { user } = environment.database
  const target = `--username "$1" --dbname "$2"`
  const psql = `psql ${target} --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --output /dev/null`
  const command = {
    sql: `${psql} --file "$3"`,
    gzip: `${unpack.gzip} "$3" | ${psql} --file -`,
    zstd: `${unpack.zstd} "$3" | ${psql} --file -`,
    custom: `pg_restore ${target} --single-transaction --exit-on-error "$3"`,
  }[backup.format]
  const growing = watchDatabase(project, name, backup.manifest?.databaseBytes, step)
  try {
    const words = ['bash', '-c', `export PGAPPNAME=tracehub-restore\n${guarded(command)}`]
    const ran = await inDatabase(project, [...words, 'bash', user, name, inside(backup.name)], {
      timeout: 12 * 60 * 60_000,
      signal: run.signal,
    })
    if (ran.ok) return
    throw roomProblem(ran.stderr, basename(backup.file)) ?? (await refusal(site, backup, ran.stderr))
  } finally {
    growing.stop()
  }
}

/** @param said PostgreSQL's own words */
async function refusal(site: Site, backup: Examined, said: string): Promise<Failure> {
  const newer = await newerThanServer(site, backup)
  const cause = causeIn(said, site.project)
  return new Failure({
    what: newer
      ? `${basename(backup.file)} cannot be restored: it was made by pg_dump ${newer.dump}, and PostgreSQL here is ${newer.server}`
      : `${basename(backup.file)} cannot be restored: ${cause?.why ?? 'PostgreSQL refused it'}`,
    detail: lastLines(said, 5),
    fix: newer
      ? `restore it on PostgreSQL ${newer.dump} or newer, or choose another one: ${listing}`
      : (cause?.fix ?? `choose another one: ${listing}`),
  })
}

async function compare({ environment, project, run }: Site, backup: Examined, name: string): Promise<Found> {
  const { manifest } = backup
  const hashed = manifest?.content !== undefined
  const options = { timeout: environment.timeouts.backup, signal: run.signal }
  const found = await readContent(project, name, hashed, options)
  const lines =
    manifest && Object.keys(manifest.rows).length > 0
      ? differences({ rows: manifest.rows, content: manifest.content }, found, {
          sameMajor: await isOfServersMajor(project, manifest),
        })
      : []
  if (lines.length > 0)
    throw new Failure({
      what: `${basename(backup.file)} restores to something else than was dumped`,
      detail: [...lines.slice(0, 12), ...(lines.length > 12 ? [`and ${lines.length - 12} more`] : [])].join(
        '\n',
      ),
      fix: `choose another one: ${listing}`,
    })
  return found
}

function watchDatabase(
  project: Project,
  name: string,
  expected: number | undefined,
  step: Step,
): { stop(): void } {
  const size = `select pg_database_size(oid) from pg_database where datname = ${literal(name)}`
  const timer = setInterval(() => {
    sql(project, size, { database: maintenance }).then(
      text => step.progress(`${bytes(Number(text))}${expected ? ` of about ${bytes(expected)}` : ''}`),
      () => undefined, // only what is shown meanwhile
    )
  }, 2000)
  return { stop: () => clearInterval(timer) }
}
