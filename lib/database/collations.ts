import { quoted } from '../base/command-text.ts'
import type { Problem } from '../base/failure.ts'
import type { Project } from '../docker/project.ts'
import { identifier } from './sql-words.ts'

/** A database whose texts were sorted by another version of the C library's, or ICU's, rules than the image's. */
export interface Collation {
  readonly database: string
  /** When its indexes were built. */
  readonly was: string
  /** Null where the image has no versions at all, as with musl. */
  readonly is: string | null
}

/**
 * A script for psql that prints them as one line of JSON: what PostgreSQL itself warns of at each connection, "collation
 * version mismatch" (pg_database.datcollversion, since 15; an older server knows nothing of it).
 */
export const collationScript = String.raw`
select current_setting('server_version_num')::int >= 150000 as has_collations \gset
\if :has_collations
select coalesce(jsonb_agg(jsonb_build_object('database', datname, 'was', datcollversion,
    'is', pg_database_collation_actual_version(oid)) order by datname), '[]')
  from pg_database where datallowconn and datcollversion is not null
  and datcollversion is distinct from pg_database_collation_actual_version(oid);
\else
select '[]';
\endif
`

/** In words, with the way out; nothing where all is well. */
export function collationProblems(
  project: Pick<Project, 'environment' | 'typed'>,
  found: readonly Collation[],
): Problem[] {
  const [first] = found
  if (!first) return []
  const { user } = project.environment.database
  const words = (database: string): string[] => [
    ...['exec', 'db', 'psql', '-U', user, '-d', quoted(database)],
    ...['-c', quoted(`reindex database concurrently ${identifier(database)}`)],
    ...['-c', quoted(`alter database ${identifier(database)} refresh collation version`)],
  ]
  return [
    {
      what: `${found.map(({ database }) => database).join(', ')}: collation version mismatch, ${first.was} when the indexes were built and ${first.is ?? 'none'} in the database's image`,
      detail:
        'texts are sorted by other rules than their indexes: rows may not be found, and unique values be there twice',
      fix: [
        'build the indexes anew in a quiet hour (users wait for nothing, and the machine is busy), then say so:',
        ...found.map(({ database }) => project.typed(...words(database))),
      ].join('\n'),
    },
  ]
}
