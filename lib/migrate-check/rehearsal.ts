import { Failure } from '../base/failure.ts'
import { run } from '../base/shell.ts'
import { bytes, columns, count, duration } from '../base/text.ts'
import { revisionScript } from '../database/version-table.ts'
import type { Environment } from '../environment/environment.ts'
import type { Wanted } from './check.ts'
import { drive } from './driver.ts'
import { all, type Difference, type Fact, type Rehearsed } from './facts.ts'
import { inOrder, type Revision, revisionsOf } from './history.ts'
import { invocation } from './python.ts'
import { headline, loadFailure, traceback } from './python-error.ts'
import { strongestLocks } from './safety/locks.ts'
import type { ScratchServer } from './scratch-server.ts'

/** What a rehearsal came to. Times are milliseconds. */
export interface Rehearsal {
  readonly revision: string | null
  readonly restoreMs: number
  readonly done: readonly Rehearsed[]
  /** The bytes of each table, indexes included. */
  readonly before: Readonly<Record<string, number>>
  /** What is different in the schema after; empty where a revision has failed. */
  readonly schema: readonly Difference[]
  readonly revisions: readonly Revision[]
}

/**
 * Has a backup restored into a scratch database, and applies exactly what is pending there.
 * @param server a throwaway one
 * @throws Failure when the backup cannot be restored or the migrations cannot be loaded.
 */
export async function rehearse(
  server: ScratchServer,
  id: string,
  wanted: Pick<Wanted, 'place' | 'config' | 'signal' | 'progress'> & {
    /** Fills a new database of that name on the server with the backup. */
    restore: (database: string) => Promise<void>
    settings: Partial<Environment['database']>
  },
): Promise<Rehearsal> {
  const { place, config, signal, progress } = wanted
  const database = `migrate_check_${id}_backup`
  const started = performance.now()
  await wanted.restore(database)
  const restoreMs = performance.now() - started
  const ask = (statement: string): Promise<string> => answer(server, database, statement, signal)
  const revision = (await ask(revisionScript(wanted.settings))) || null
  const sizes = (await ask(tableSizes)).split('\n').map(line => line.split('|'))
  const request = { id, config, irreversible: 'none', scope: 'pending', rehearse: { database } } as const
  const facts = await drive(invocation(place, server, id), request, {
    plan: read => {
      const order = pending(revisionsIn(read), revision).map(each => each.id)
      return { order, judged: null, irreversible: [] }
    },
    onFact: fact => {
      if (fact.type === 'rehearsed') progress(`${fact.revision} took ${duration(fact.ms)}`)
    },
    signal,
  })
  for (const fact of all(facts, 'load-failed')) {
    const { what, detail, fix } = loadFailure(fact.what, fact.error)
    throw new Failure({ what, detail, fix })
  }
  return {
    revision,
    restoreMs,
    done: all(facts, 'rehearsed'),
    before: Object.fromEntries(sizes.map(([name = '', size]) => [name, Number(size)])),
    schema: all(facts, 'rehearsed-schema').flatMap(({ differences }) => differences),
    revisions: revisionsIn(facts),
  }
}

/** What the restored database says, at once and whole. @throws Failure with PostgreSQL's own message. */
async function answer(
  { container }: ScratchServer,
  database: string,
  statement: string,
  signal: AbortSignal,
): Promise<string> {
  const psql = ['psql', '-U', 'postgres', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database, '-f', '-']
  return (
    await run(['docker', 'exec', '--interactive', `${container}`, ...psql], { input: statement, signal })
  ).trim()
}

const tableSizes = `set search_path = pg_catalog; select n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')`

const revisionsIn = (facts: readonly Fact[]): Revision[] => inOrder(revisionsOf(all(facts, 'file')))

/** Every revision that a database at `revision` has not got, oldest first. */
export function pending(revisions: readonly Revision[], revision: string | null): Revision[] {
  const applied = new Set<string>()
  const mark = (id: string): void => {
    if (applied.has(id)) return
    applied.add(id)
    const found = revisions.find(each => each.id === id)
    for (const word of [...(found?.parents ?? []), ...(found?.dependsOn ?? [])]) mark(word)
  }
  for (const id of revision?.split(',') ?? []) mark(id)
  return revisions.filter(({ id }) => !applied.has(id))
}

/** The first failure of a rehearsal, as it would happen in production. */
export function rehearsalFailure({ done }: Rehearsal): Failure | undefined {
  const failed = done.find(({ error }) => error)
  if (!failed?.error) return undefined
  return new Failure({
    what: `${failed.revision} fails on the data of the backup: ${headline(failed.error)}`,
    detail: traceback(failed.error),
    fix: 'fix the migration: on the live database it would fail just so',
  })
}

/** A table for people: each pending revision with its time, rows, locks, and the size of what it locked; then the schema after. */
export function rehearsalTable({ revision, restoreMs, done, before, schema }: Rehearsal): string {
  const rows = done.map(({ revision: id, ms, statements, error }) => {
    const locks = strongestLocks({ tables: Object.keys(before), statements })
    const wrote = statements.reduce((sum, { rows: number }) => sum + number, 0)
    const held = locks.map(([table, mode]) => `${mode} on ${table} (${bytes(before[table] ?? 0)})`).join(', ')
    const took = error ? 'fails' : duration(ms)
    return [`  ${id}`, took, count(wrote, 'row'), held || 'no lock on an existing table']
  })
  return [
    `restored in ${duration(restoreMs)}, at ${revision ?? 'an empty schema'}; ${count(done.length, 'pending revision')}`,
    ...(rows.length > 0 ? [columns(rows)] : []),
    ...(schema.length > 0 ? ['the schema after:', ...schemaLines(schema)] : []),
    ...grownLines(before, done.at(-1)?.sizes ?? before),
  ].join('\n')
}

/** Whose definition in the catalog says nothing to people. */
const plain: ReadonlySet<string> = new Set(['table', 'sequence'])

/** What came, went or changed; of a table that came or went, not its columns as well. */
function schemaLines(schema: readonly Difference[]): string[] {
  const isWhole = ({ kind, before, after }: Difference): boolean =>
    kind === 'table' && (before === null || after === null)
  const whole = schema.filter(isWhole)
  return schema.flatMap(({ kind, name, before, after }) => {
    if (whole.some(table => name.startsWith(`${table.name}.`))) return []
    if (before === null) return `  + ${kind} ${name}${plain.has(kind) ? '' : ` ${after}`}`
    return after === null ? `  - ${kind} ${name}` : `  ~ ${kind} ${name}: was ${before}, is ${after}`
  })
}

/** Tables that are of another size now. */
function grownLines(before: Rehearsal['before'], after: Rehearsal['before']): string[] {
  return Object.entries(after)
    .filter(([name, size]) => before[name] !== undefined && before[name] !== size)
    .map(([name, size]) => `  ${name}: ${bytes(size)}, was ${bytes(before[name] ?? 0)}`)
}
