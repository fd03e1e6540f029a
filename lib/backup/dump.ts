import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { bytes, count, duration } from '../base/text.ts'
import { databaseSize, sql } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import { readReleases } from '../environment/releases.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { cutOff } from './format.ts'
import { backupDirectory } from './list.ts'
import { backupName, type Manifest, type Reason, writeManifest } from './manifest.ts'
import { demandRoom, expectedDump, guardRoom, keptFree } from './room.ts'
import { dumpSnapshot } from './snapshot.ts'
import { GrowingDigest } from './streaming-digest.ts'

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
    const found = await dumpSnapshot(project, `${name}.partial`, wanted.hashed, {
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
