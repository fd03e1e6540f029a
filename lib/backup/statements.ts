import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Revision } from '../database/database.ts'
import type { Environment } from '../environment/environment.ts'
import type { Format } from './format.ts'

/** Reads SQL as psql does, and prepares it for a role with no power; see there. */
export const reader = readFileSync(join(import.meta.dirname, 'statements.pl'), 'utf8')

/** The role that restores: it owns the database that is restored into, and nothing else. */
export const restorer = 'toolkit_restore'

/**
 * Bash functions that the commands of a restore are made of: `powerless` runs a program without root's rights, in the
 * container too; `archive_or_sql` passes SQL on, and has pg_restore print that of an archive of pg_dump's.
 */
export const functions = `
powerless() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- "$@"; else "$@"; fi
}
archive_or_sql() {
  powerless perl -e 'binmode STDIN; binmode STDOUT; my $head = "";
    while (length $head < 8) { sysread(STDIN, $head, 8 - length $head, length $head) or last }
    if ($head =~ /^(PGDMP|toc\\.dat)/) { open(STDOUT, "|-", "pg_restore", "--file", "-") or exit 1 }
    print $head; while (sysread(STDIN, my $more, 65536)) { print $more or exit 1 } close STDOUT or exit 1'
}
`

/** A bash command that prints the SQL of the file `$file`. */
export const printed: Readonly<Record<Format, string>> = {
  sql: 'powerless cat <"$file"',
  gzip: 'powerless gzip -dc <"$file" | archive_or_sql',
  zstd: 'powerless zstd -dcq <"$file" | archive_or_sql',
  custom: 'powerless pg_restore --file - <"$file"',
}

/** What was found in a file's SQL. */
export type Statements = Readonly<ReturnType<typeof parseStatements>>

/** Reads what statements.pl has told. */
export function parseStatements(output: string) {
  const told = output.split('\n').map(line => {
    const at = line.indexOf('\t')
    const text = line.slice(at + 1).replace(/\\(.)/g, (_, code: string) => (code === 'n' ? '\n' : code))
    return [line.slice(0, Math.max(0, at)), text] as const
  })
  const all = (kind: string): string[] => told.filter(([name]) => name === kind).map(([, text]) => text)
  const pairs = (kind: string) => all(kind).map(text => text.split('\t') as [string, string]) // as it tells them
  const marks = all('mark')
  return {
    /** Commands for psql, each with the byte at which it is. */
    commands: all('command').map(text => ({
      at: Number.parseInt(text, 10),
      text: text.slice(text.indexOf(' ') + 1),
    })),
    /** The rows of tables that may be Alembic's. */
    revisions: pairs('revision').map(([table, id]) => ({ table, id })),
    isComplete: marks.includes('PostgreSQL database dump complete'),
    tokens: { opened: all('restrict')[0], closed: all('unrestrict')[0] },
    /** The version of pg_dump that wrote it. */
    pgDump: marks.map(mark => /^Dumped by pg_dump version (\d[\d.]*)/.exec(mark)?.[1]).find(Boolean),
    extensions: pairs('extension').map(([name, schema]) => ({ name, schema })),
    /** What the role that restores cannot do; for PostgreSQL's superuser, when it is harmless. */
    later: all('later'),
    /** Event triggers and their comments, for the very end. */
    last: all('last'),
    subscriptions: all('subscription'),
  }
}

/**
 * The schema's revision in a dump, several heads joined by commas, or null where there is none. Of several tables that
 * may have it, the one that the settings name counts, then Alembic's usual one in `public`, then such a one elsewhere.
 */
export function revisionIn(
  { revisions }: Pick<Statements, 'revisions'>,
  { versionTable }: Partial<Environment['database']> = {},
): Revision {
  const likeliest = [
    (table: string) => versionTable !== undefined && table === versionTable.replaceAll('"', ''),
    (table: string) => table === 'public.alembic_version' || table === 'alembic_version',
    (table: string) => table.endsWith('.alembic_version'),
    () => true,
  ]
  const tables = revisions.map(({ table }) => table)
  const chosen = likeliest.flatMap(is => tables.filter(is))[0]
  const ids = revisions.filter(({ table }) => table === chosen).map(({ id }) => id)
  return [...new Set(ids)].sort().join(',') || null
}
