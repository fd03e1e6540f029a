import type { Environment } from '../environment/environment.ts'
import { literal } from './sql-words.ts'

/**
 * Alembic's tables, as SQL names them, the likeliest first. env.py may name the table as it likes and put it into any
 * schema (`version_table`, `version_table_schema`); its only column is `version_num` all the same (MigrationContext in
 * alembic/runtime/migration.py). Where there are several, those of other applications among them, the one on the
 * search path comes first. They are read with a superuser's rights: a view of such a name, or a column of a type that
 * a restored backup has defined, could call functions, and is none; and an operator that has no exact match among
 * PostgreSQL's own is named as its own, for one on the search path would fit better.
 */
export const versionTables = alembicTables('')

function alembicTables(condition: string): string {
  return `select c.oid::pg_catalog.regclass from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and not pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_') ${condition}
  and (select pg_catalog.count(*) = 1 and pg_catalog.bool_and(a.attname = 'version_num' and a.atttypid operator(pg_catalog.<) 16384::pg_catalog.oid)
    from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  order by c.oid operator(pg_catalog.=) pg_catalog.to_regclass('alembic_version')::pg_catalog.oid desc nulls last, c.relname = 'alembic_version' desc,
    c.oid::pg_catalog.regclass::pg_catalog.text`
}

/** For psql: the likeliest of them, or the one that the settings name, as :version_table. */
const chosen = ({ versionTable }: Partial<Environment['database']>): string => String.raw`
select (${
  versionTable === undefined
    ? versionTables
    : alembicTables(
        `and c.oid operator(pg_catalog.=) pg_catalog.to_regclass(${literal(versionTable)})::pg_catalog.oid`,
      )
} limit 1) as version_table \gset`

/**
 * A script for psql that prints the schema's revision, several heads joined by commas; an empty line where there is no
 * revision, or nothing where there is no table for one.
 * @param before what the line is to begin with
 */
export const revisionScript = (settings: Partial<Environment['database']> = {}, before = ''): string =>
  String.raw`${chosen(settings)}
\if :{?version_table}
select ${literal(before)} || pg_catalog.string_agg(version_num::pg_catalog.text, ',' order by version_num) from :version_table;
\endif`

/** A script for psql that writes into an empty version table what {@link revisionScript} has printed. */
export const recordingScript = (settings: Partial<Environment['database']>, revision: string): string =>
  String.raw`${chosen(settings)}
\if :{?version_table}
insert into :version_table select pg_catalog.unnest(pg_catalog.string_to_array(${literal(revision)}, ','));
\endif`
