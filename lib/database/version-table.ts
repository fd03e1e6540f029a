import type { Environment } from '../environment/environment.ts'
import { literal } from './sql-words.ts'

/**
 * Alembic's tables, as SQL names them, the likeliest first. env.py may name the table as it likes and put it into any
 * schema (`version_table`, `version_table_schema`); its only column is `version_num` all the same (MigrationContext in
 * alembic/runtime/migration.py). Where there are several, those of other applications among them, the one on the
 * search path comes first.
 */
export const versionTables = `select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and (select count(*) = 1 and bool_and(a.attname = 'version_num') from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  order by c.oid = to_regclass('alembic_version') desc nulls last, c.relname = 'alembic_version' desc, c.oid::regclass::text`

/**
 * A script for psql that prints the schema's revision, several heads joined by commas; an empty line where there is no
 * revision, or nothing where there is no table for one.
 * @param before what the line is to begin with
 */
export const revisionScript = (
  { versionTable }: Partial<Environment['database']> = {},
  before = '',
): string => String.raw`
${versionTable === undefined ? `select (${versionTables} limit 1)` : `select to_regclass(${literal(versionTable)})`} as version_table \gset
\if :{?version_table}
select ${literal(before)} || string_agg(version_num, ',' order by version_num) from :version_table;
\endif`
