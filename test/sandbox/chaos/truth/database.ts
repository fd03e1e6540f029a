import { docker } from '../../docker.ts'
import type { Report } from '../../load/load.ts'
import { acknowledged } from '../../load/verify.ts'

/** psql's own words: a line for each row, the cells with `|` between them. */
export async function sql(statement: string): Promise<string[]> {
  const psql = 'psql --no-psqlrc --tuples-only --no-align -U tracehub -d tracehub -c'.split(' ')
  const answer = await docker('exec', 'tracehub-db-prod', ...psql, statement)
  return answer.split('\n').filter(line => line !== '')
}

/** The shipments so far in a word: whatever happens, these stay what they are. */
export interface Rows {
  readonly upTo: number
  readonly hash: string
}

export async function rowsUpTo(upTo: number | 'now'): Promise<Rows> {
  const last = upTo === 'now' ? Number((await sql('select coalesce(max(id), 0) from shipments'))[0]) : upTo
  const [hash = ''] = await sql(
    `select md5(string_agg(id || ' ' || reference, ',' order by id)) from shipments where id <= ${last}`,
  )
  return { upTo: last, hash }
}

/** What is wrong with the POSTs of a load: acknowledged and not stored, stored twice, or never sent. */
export async function postsOf(report: Report): Promise<string[]> {
  const { posts } = report
  const stored = new Map<string, number>()
  for (const row of await sql(
    `select reference, count(*) from shipments where reference like '${posts.prefix}-%' group by 1`,
  )) {
    const [reference = '', number] = row.split('|')
    stored.set(reference, Number(number))
  }
  const promised = acknowledged(posts)
  const sent = new Set([...promised, ...posts.unknown, ...posts.inFlight])
  return [
    ...promised
      .filter(reference => !stored.has(reference))
      .map(name => `POST ${name} was answered 201 and is not stored`),
    ...[...stored]
      .filter(([, number]) => number > 1)
      .map(([name, number]) => `POST ${name} is stored ${number} times`),
    ...[...stored.keys()].filter(name => !sent.has(name)).map(name => `${name} is stored and was never sent`),
  ]
}

/** Databases that are neither PostgreSQL's own nor the application's: scratch ones that somebody has left. */
export async function foreignDatabases(): Promise<string[]> {
  const found = await sql(
    "select datname from pg_database where datname not in ('postgres', 'template0', 'template1', 'tracehub')",
  )
  return found.map(name => `there is a database ${name}`)
}

export async function revisionIs(expected: string): Promise<string[]> {
  const found = (await sql('select version_num from alembic_version')).join()
  return found === expected ? [] : [`the schema is at ${found}, expected ${expected}`]
}
