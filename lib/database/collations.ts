import { quoted } from '../base/command-text.ts'
import { Failure, type Problem } from '../base/failure.ts'
import type { Project } from '../docker/project.ts'
import { sql } from './database.ts'
import { identifier } from './sql-words.ts'

/** A database whose texts were sorted by another version of the C library's, or ICU's, rules than the image's. */
export interface Collation {
  readonly database: string
  /** One that columns name for themselves, as SQL names it; without it, it is the database's own. */
  readonly collation?: string
  /** When its indexes were built. */
  readonly was: string
  /** Null where the image has no versions at all, as with musl. */
  readonly is: string | null
  /** The server's superuser, who may fix it. */
  readonly superuser: string
}

/**
 * A script for psql that prints them as one line of JSON: what PostgreSQL itself warns of at each connection, "collation
 * version mismatch" (pg_database.datcollversion, since 15; an older server knows nothing of it), and what it warns of at
 * the use of a collation that columns of this database have.
 */
export const collationScript = String.raw`
select current_setting('server_version_num')::int >= 150000 as has_collations \gset
\if :has_collations
select coalesce(jsonb_agg(jsonb_build_object('database', datname, 'superuser', current_user, 'was', datcollversion,
    'is', pg_database_collation_actual_version(oid)) order by datname), '[]')
  || (select coalesce(jsonb_agg(jsonb_build_object('database', current_database(), 'superuser', current_user, 'was', collversion,
    'collation', format('%I.%I', collnamespace::regnamespace::text, collname), 'is', pg_collation_actual_version(c.oid))
    order by collname), '[]') from pg_collation c where collversion <> pg_collation_actual_version(c.oid)
    and exists (select from pg_attribute where attcollation = c.oid))
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
  const words = ({ database, collation, superuser }: Collation): string[] => [
    ...['exec', 'db', 'psql', '-U', superuser, '-d', quoted(database)],
    ...['-c', quoted(`reindex database concurrently ${identifier(database)}`)],
    ...['-c', quoted(refreshed(database, collation))],
  ]
  const change = ({ was, is }: Collation): string =>
    `${was} when the indexes were built and ${is ?? 'none'} in the database's image`
  return [...new Set(found.map(change))].map(versions => {
    const same = found.filter(each => change(each) === versions)
    return {
      what: `${same.map(nameOf).join(', ')}: collation version mismatch, ${versions}`,
      detail:
        'texts are sorted by other rules than their indexes: rows may not be found, and unique values be there twice',
      fix: [
        'build the indexes anew in a quiet hour (users wait for nothing, and the machine is busy), then say so:',
        ...same.map(each => project.typed(...words(each))),
      ].join('\n'),
    }
  })
}

const nameOf = ({ database, collation }: Collation): string =>
  collation === undefined ? database : `${collation} of ${database}`

const refreshed = (database: string, collation: string | undefined): string =>
  collation === undefined
    ? `alter database ${identifier(database)} refresh collation version`
    : `alter collation ${collation} refresh version`

/** What is wrong with the order of texts in the databases; nothing where they cannot be asked: that is said elsewhere. */
export async function collationsOf(project: Project): Promise<Problem[]> {
  try {
    const found = JSON.parse(await sql(project, collationScript)) as Collation[] // as the script prints it
    return collationProblems(project, found)
  } catch (error) {
    if (error instanceof Failure) return []
    throw error
  }
}
