import type { Environment } from '../environment/environment.ts'
import { literal } from './sql-words.ts'

/**
 * For psql: which table a name leads to on the path that Alembic searches, as :named. Whoever owns the database sets that
 * path, and may have put functions and operators of its own before PostgreSQL's: what is asked here is named in full, and
 * all that follows finds PostgreSQL's own and nothing else.
 */
const lookUp = (table: string): string => String.raw`reset search_path;
select coalesce(pg_catalog.to_regclass(${literal(table)})::pg_catalog.oid, '0'::pg_catalog.oid) as named \gset
set search_path = pg_catalog;
`

/**
 * Alembic's tables, as SQL names them, the likeliest first. env.py may name the table as it likes and put it into any
 * schema (`version_table`, `version_table_schema`); its only column is `version_num` all the same (MigrationContext in
 * alembic/runtime/migration.py). Where there are several, those of other applications among them, the one on the
 * search path comes first. A view of such a name, or a column of a type that a restored backup has defined, is none;
 * nor is one whose name is not one line, as they are printed.
 */
const alembicTables = (condition = ''): string => `select c.oid::regclass from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and strpos(n.nspname || c.relname, chr(10)) = 0 and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' ${condition}
  and (select count(*) = 1 and bool_and(a.attname = 'version_num' and a.atttypid < 16384)
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  order by c.oid = :named desc, c.relname = 'alembic_version' desc, c.oid::regclass::text`

/** A script for psql that prints them. */
export const versionTables = `${lookUp('alembic_version')}${alembicTables()}`

/** For psql: the likeliest of them, or the one that the settings name, as :version_table. */
const chosen = ({ versionTable }: Partial<Environment['database']>): string => String.raw`
${lookUp(versionTable ?? 'alembic_version')}select (${alembicTables(versionTable === undefined ? '' : 'and c.oid = :named')} limit 1) as version_table \gset`

/**
 * A script for psql that prints the schema's revision, several heads joined by commas; an empty line where there is no
 * revision, or nothing where there is no table for one.
 *
 * The table is read by COPY, as pg_dump reads it: that takes nothing but a table, and calls no function of its owner's.
 * A SELECT does so with the rights of whoever asks, a superuser's: to plan it, PostgreSQL computes what is constant in
 * the expressions of indexes and statistics (eval_const_expressions in its optimizer/util/plancat.c).
 * @param before what the line is to begin with
 */
export const revisionScript = (settings: Partial<Environment['database']> = {}, before = ''): string =>
  String.raw`${chosen(settings)}
\if :{?version_table}
copy :version_table (version_num) to stdout \g |LC_ALL=C sort | paste -s -d , - | sed 's/^/${before}/'
\endif`

/** A script for psql that writes into an empty version table what {@link revisionScript} has printed. */
export const recordingScript = (settings: Partial<Environment['database']>, revision: string): string =>
  String.raw`${chosen(settings)}
\if :{?version_table}
insert into :version_table select pg_catalog.unnest(pg_catalog.string_to_array(${literal(revision)}, ','));
\endif`
