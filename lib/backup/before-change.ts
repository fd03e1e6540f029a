import { Failure, problemOf } from '../base/failure.ts'
import { count, lastLines } from '../base/text.ts'
import { ownSettings, tablesOnly } from '../database/database.ts'
import { databaseDown, databaseState, startsIt } from '../database/state.ts'
import { superuserOf } from '../database/superuser.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { inDatabase, inside } from './container.ts'
import { backUp } from './dump.ts'
import { lacksRestrict } from './dump-version.ts'
import { backupOf } from './list.ts'
import { stamp } from './manifest.ts'
import { verify } from './restore.ts'

/** The backup before a deploy or a rollback. One that is left out is said so.
 * @returns its file name; undefined where it was not wanted, or there is no database yet.
 * @throws Failure where there is a database and it could not be backed up.
 */
export async function preDeployBackup(site: Site, wanted: boolean, step: Step): Promise<string | undefined> {
  const { environment, run } = site
  if (!wanted) {
    run.warn({ what: 'BACKUP SKIPPED: --skip-backup was given' })
    step.skip('--skip-backup')
    return undefined
  }
  const state = await databaseState(site)
  if (state.is === 'absent') {
    step.skip('there is no database yet')
    return undefined
  }
  try {
    if (state.is === 'down') throw databaseDown(site, state.why)
    const hashed = environment.proveBeforeDeploy === true
    const manifest = await backUp(site, { reason: 'pre-deploy', hashed }, step)
    // An image whose psql is too old to restore is replaced by a deploy: that must not need it.
    const lacking = hashed ? await lacksRestrict(site) : undefined
    if (lacking) run.warn({ ...problemOf(lacking), what: `the backup was not verified: ${lacking.what}` })
    else if (hashed) await verify(site, backupOf(environment, manifest).file, step)
    return manifest.file
  } catch (error) {
    if (!(error instanceof Failure) || run.signal.aborted) throw error
    const { what, detail } = problemOf(error)
    throw new Failure({
      what: `${what}, so nothing is deployed`,
      detail,
      fix:
        state.is === 'down'
          ? startsIt(environment)
          : 'make room or fix the database; --skip-backup deploys without one',
    })
  }
}

/**
 * Saves what can be saved of a database that may be damaged: a whole dump, or, where that fails, table by table what
 * can be read. It never stops a rollback: the replaced database itself is kept as well.
 */
export async function salvage(site: Site, step: Step): Promise<void> {
  try {
    await backUp(site, { reason: 'pre-rollback', hashed: false }, step)
  } catch (error) {
    if (!(error instanceof Failure) || site.run.signal.aborted) throw error
    site.run.warn({
      ...problemOf(error),
      what: `no whole backup of the live database: ${problemOf(error).what}`,
    })
    await salvageTables(site, step)
  }
}

/**
 * Each table in a file of its own; one that cannot be read to its end keeps what was read. Where the database cannot
 * be read at all, no directory is left that looks as if something had been saved.
 */
const script = `
umask 077; export PGOPTIONS='${ownSettings} -c search_path=pg_catalog'; mkdir "$3" && cd "$3" || exit 1
# Reading a damaged page may crash the server, which comes back by itself.
back() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do pg_isready -q -U "$1" -d "$2" </dev/null && return; sleep 1; done; }
back "$1" "$2"
pg_dump --username "$1" --dbname "$2" --schema-only --file schema.sql || echo "failed: schema"
psql --username "$1" --dbname "$2" --no-psqlrc -qtAc "select oid from pg_class where relkind = 'r' and relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_' or nspname = 'information_schema')" >tables || { rm -f schema.sql tables; cd / && rmdir "$3"; exit 1; }
while read -r oid; do
  back "$1" "$2"
  name=$(psql --username "$1" --dbname "$2" --no-psqlrc -qtAc "select $oid::regclass") || continue
  if printf '%s\\n' "$4" "copy $name to stdout;" | psql --username "$1" --dbname "$2" --no-psqlrc -q -v ON_ERROR_STOP=1 -f - >"$oid.copy"; then echo "saved: $oid.copy $name"; else echo "failed: $name"; fi
done <tables | tee contents.txt
`

async function salvageTables({ environment, project, run }: Site, step: Step): Promise<void> {
  const { name } = environment.database
  const user = await superuserOf(project)
  const directory = `emergency_${stamp(new Date())}`
  const ran = await inDatabase(
    project,
    ['sh', '-c', script, 'sh', user, name, inside(directory), tablesOnly],
    {
      timeout: environment.timeouts.backup,
      signal: run.signal,
    },
  )
  const lines = ran.stdout.split('\n')
  const saved = lines.filter(line => line.startsWith('saved: ')).length
  const failed = lines.filter(line => line.startsWith('failed: '))
  if (!ran.ok || failed.length > 0)
    run.warn({
      what: ran.ok
        ? `${count(failed.length, 'table')} could not be read`
        : 'the live database cannot be read at all',
      detail: [...failed, lastLines(ran.stderr, 3)].join('\n'),
      fix: 'the database itself is kept under another name, as it is',
    })
  step.note(ran.ok ? `backups/${directory}: ${count(saved, 'table')}` : 'nothing')
}
