import { basename } from 'node:path'
import { Failure } from '../base/failure.ts'
import { attempt, commandFailed, type Ran } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { revisionScript } from '../database/version-table.ts'
import type { Environment } from '../environment/environment.ts'
import type { ScratchServer } from './scratch-server.ts'

/**
 * Restores a backup into a database of its own.
 * @param server a throwaway one that sees the backup's directory as /backups
 * @param settings which table has its revision, where that is not the likeliest
 * @returns where it is, its revision, the bytes of each table, indexes included, and how many ms restoring it took
 * @throws Failure with PostgreSQL's own message.
 */
export async function restore(
  server: ScratchServer,
  id: string,
  file: string,
  signal: AbortSignal,
  settings: Partial<Environment['database']> = {},
) {
  const database = `migrate_check_${id}_backup`
  const started = performance.now()
  const inside = (script: string, ...words: string[]): Promise<Ran> => {
    const bash = ['bash', '-c', `set -euo pipefail; ${script}`, 'bash', ...words]
    return attempt(['docker', 'exec', `${server.container}`, ...bash], { timeout: restoreTimeout, signal })
  }
  const ask = async (statement: string): Promise<string> => {
    const psql = 'psql -U postgres -XqAt -v ON_ERROR_STOP=1 -d "$1" -f - <<< "$2"'
    const ran = await inside(psql, database, statement)
    if (!ran.ok) throw commandFailed(['psql', '-c', statement], ran)
    return ran.stdout.trim()
  }
  // A scratch server does not know the roles that a dump hands its tables to.
  const roles = await inside(
    `createdb -U postgres -T template0 "$1"; ${dumpText} \
    | grep -E "^ALTER .* OWNER TO |^GRANT .* TO |^REVOKE .* FROM " | sort -u | head -n 2000 || true`,
    database,
    basename(file),
  )
  for (const role of rolesIn(roles.stdout))
    await inside('psql -U postgres -Xq -c "create role \\"$1\\""', role)
  const restored = await inside(
    `${powerless}; ${dumpText} | $powerless psql -U postgres -Xq -v ON_ERROR_STOP=1 -d "$1" -f - > /dev/null`,
    database,
    basename(file),
  )
  if (!restored.ok)
    throw new Failure({
      what: `${file} cannot be restored`,
      detail: lastLines(restored.stderr, 5),
      fix: 'take a new backup: this one would not help in an emergency either',
    })
  const ms = performance.now() - started
  const revision = (await ask(revisionScript(settings))) || null
  const lines = (await ask(tableSizes)).split('\n').filter(line => line !== '')
  const sizes = lines.map(line => line.split('|')).map(([name = '', size]) => [name, Number(size)] as const)
  return { database, revision, sizes: Object.fromEntries(sizes), ms }
}

/** In ms. */
const restoreTimeout = 60 * 60_000

/** A file from anywhere may have commands for psql in it: they get no rights of root's, not even in this container. */
export const powerless = `powerless=''
  if setpriv --help 2>&1 | grep -q -e --reuid; then powerless='setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --'; fi`

/** Writes the dump "$2" as SQL, whatever it is packed as. */
const dumpText = `case "$2" in
    *.gz) gzip -dc "/backups/$2" ;; *.zst) zstd -dcq "/backups/$2" ;; *.dump) pg_restore -f - "/backups/$2" ;; *) cat "/backups/$2" ;;
  esac`

const tableSizes = `select n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')`

function rolesIn(statements: string): string[] {
  const names = [...statements.matchAll(/ (?:TO|FROM) "?([\w-]+)"?;$/gm)].map(([, name = '']) => name)
  return [...new Set(names)].filter(name => name !== 'postgres' && name !== 'PUBLIC')
}
