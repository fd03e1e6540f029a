import { redact } from '../../base/redact.ts'
import { bytes, columns, duration, printable } from '../../base/text.ts'
import type { Project } from '../../docker/project.ts'
import { query } from './database.ts'

type Row = Readonly<Record<string, string | number | null>>

/**
 * A size waits for whoever has the table for himself, or is in the queue for that: just then one looks here. The size
 * is not known then.
 */
const unlessLocked = (relations: string, size: string): string =>
  `case when not exists (select from pg_locks where mode = 'AccessExclusiveLock' and relation in (${relations})
      and database = (select oid from pg_database where datname = current_database())) then ${size} end`

const wholeTable = 'select relid union all select indexrelid from pg_index where indrelid = relid'
const theIndex = 'i.indrelid, i.indexrelid'

/** A question about how the database does, and how its answer is shown. */
interface Section {
  readonly title: string
  /** Selects rows; each column's unit is the end of its name: `_ms`, `_bytes`, `_share`. */
  readonly sql: string
  readonly none: string
  /** The extension that it needs; `:schema` is where it is. */
  readonly extension?: string
}

const sections: readonly Section[] = [
  {
    title: 'Queries and transactions open for longer than five seconds',
    sql: `select pid, usename as who, state, extract(epoch from now() - xact_start) * 1000 as open_ms,
      coalesce(wait_event_type || ' ' || wait_event, '') as waits_for, left(query, 200) as query
      from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
      and xact_start < now() - interval '5 seconds' order by xact_start limit 20`,
    none: 'none',
  },
  {
    title: 'Queries that wait for a lock, and who holds it',
    sql: `select pid, array_to_string(pg_blocking_pids(pid), ', ') as held_by,
      extract(epoch from now() - query_start) * 1000 as waits_ms, left(query, 200) as query
      from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0 order by query_start limit 20`,
    none: 'none',
  },
  {
    title: 'The ten statements that took most time (pg_stat_statements)',
    sql: `select round(total_exec_time) as total_ms, calls, mean_exec_time as mean_ms, rows, left(query, 200) as query
      from :schema.pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
      order by total_exec_time desc limit 10`,
    none: 'nothing was counted yet',
    extension: 'pg_stat_statements',
  },
  {
    title: 'Vacuum and bloat: tables with the most dead rows',
    sql: `select s.schemaname || '.' || s.relname as "table", n_live_tup as live, n_dead_tup as dead,
      round(n_dead_tup::numeric / nullif(n_live_tup + n_dead_tup, 0), 4) as dead_share,
      to_char(greatest(last_vacuum, last_autovacuum), 'YYYY-MM-DD HH24:MI') as vacuumed,
      to_char(greatest(last_analyze, last_autoanalyze), 'YYYY-MM-DD HH24:MI') as analyzed,
      age(relfrozenxid) as transactions_old
      from pg_stat_user_tables s join pg_class on pg_class.oid = s.relid
      where n_dead_tup > 0 order by n_dead_tup desc limit 10`,
    none: 'no dead rows',
  },
  {
    title: 'Indexes that no query has used since the statistics began',
    sql: `select s.schemaname || '.' || s.relname as "table", s.indexrelname as "index",
      ${unlessLocked(theIndex, 'pg_relation_size(s.indexrelid)')} as size_bytes
      from pg_stat_user_indexes s join pg_index i using (indexrelid)
      where s.idx_scan = 0 and not i.indisunique and not i.indisprimary
      order by size_bytes desc nulls first limit 10`,
    none: 'none',
  },
  {
    title: 'The largest tables, with their indexes',
    sql: `select schemaname || '.' || relname as "table", n_live_tup as rows,
      ${unlessLocked(wholeTable, 'pg_total_relation_size(relid)')} as size_bytes,
      ${unlessLocked(wholeTable, 'pg_indexes_size(relid)')} as indexes_bytes
      from pg_stat_user_tables order by size_bytes desc nulls first limit 10`,
    none: 'no tables',
  },
  {
    title: 'The database as a whole',
    sql: `select round(blks_hit::numeric / nullif(blks_hit + blks_read, 0), 4) as found_in_cache_share,
      round(xact_rollback::numeric / nullif(xact_commit + xact_rollback, 0), 4) as rolled_back_share,
      deadlocks, temp_bytes, to_char(coalesce(stats_reset, pg_postmaster_start_time()), 'YYYY-MM-DD HH24:MI') as counted_since
      from pg_stat_database where datname = current_database()`,
    none: 'nothing',
  },
]

export type Answered = Readonly<Awaited<ReturnType<typeof performance>>[number]>

/** Asks the database how it does. @throws Failure when it does not answer within `timeout` ms. */
export async function performance(project: Project, timeout: number) {
  const script = [
    "set statement_timeout = '4s';",
    ...sections.map(({ sql, extension }) => {
      const rows = `select coalesce(json_agg(row_to_json(answer)), '[]')::text from (${sql}) answer;`
      if (extension === undefined) return rows
      // Locked, so that it keeps its name: whoever owns it could give that to another one, with a view like the extension's.
      const there = `select (select quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace where extname = '${extension}' for share of n) as schema \\gset`
      const answer = ['\\if :{?schema}', rows, '\\else', '\\echo null', '\\endif']
      return ['begin;', there, ...answer, 'commit;'].join('\n')
    }),
  ].join('\n')
  const lines = jsonLines(await query(project, script, timeout))
  return sections.map(({ title, none, extension }, i) => {
    const rows = lines[i] ?? null
    const missing = `not installed: give db the command "postgres -c shared_preload_libraries=${extension}" in environments/docker-compose.yml, deploy with --restart-services, and run "create extension ${extension} schema public" in psql as the superuser (enter.ts superuser)`
    // `none` says why there are no rows.
    return { title, rows: rows ?? [], none: rows === null ? missing : none }
  })
}

/** PostgreSQL writes one row a line and breaks the line between them: an answer ends where the next begins. */
const jsonLines = (text: string): (Row[] | null)[] =>
  text.split(/\n(?=\[|null$)/m).map(answer => JSON.parse(answer) as Row[] | null) // selected above

/** Sections of aligned columns; a query is cut where the screen ends. */
export function performanceText(answers: readonly Answered[], width: number): string {
  return answers
    .map(({ title, rows, none }) => {
      const [first] = rows
      if (!first) return `${title}\n  ${none}`
      const names = Object.keys(first)
      const cells = rows.map(row => names.map(name => cell(name, row[name] ?? null)))
      const table = columns([
        names.map(name => name.replace(/_(ms|bytes|share)$/, '').replaceAll('_', ' ')),
        ...cells,
      ])
      return `${title}\n${table
        .split('\n')
        .map(line => (line.length + 2 > width ? `  ${line.slice(0, width - 3)}…` : `  ${line}`))
        .join('\n')}`
    })
    .join('\n\n')
}

function cell(name: string, value: string | number | null): string {
  if (value === null) return '-'
  if (name.endsWith('_ms')) return duration(Number(value))
  if (name.endsWith('_bytes')) return bytes(Number(value))
  if (name.endsWith('_share')) return `${(Number(value) * 100).toFixed(1)} %`
  // Somebody's query may hold a value that is a secret, and a line break.
  return printable(redact(String(value))).replaceAll(/\s+/g, ' ')
}
