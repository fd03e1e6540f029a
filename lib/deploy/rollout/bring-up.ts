import { Failure, type Problem } from '../../base/failure.ts'
import { sql } from '../../database/database.ts'
import { type ServiceName, servicesOf } from '../../docker/project.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import { type Site, waitForServices } from '../../proxy/site.ts'
import { assignImages, removeColour, retireColour, wakeColour } from '../colours.ts'
import { noteLastWords } from '../incident/evidence.ts'
import type { RollingOut } from './rollout.ts'

/** Starts the candidate beside the live version, or again where it stands by, and waits until it can take users. */
export async function bringUp(site: RollingOut, standsBy: boolean): Promise<void> {
  const { environment, run, candidate, version } = site
  run.fact({ kind: 'candidate', colour: candidate })
  // Also where it stands by: a failed deploy may have written its own images there, and `up -d` would start those.
  assignImages(site, candidate, version.images)
  run.undo(standsBy ? `Stop ${candidate} again` : `Remove ${candidate}`, async step => {
    await noteLastWords(site, candidate)
    await (standsBy ? retireColour : removeColour)(site, candidate, step)
  })
  if (standsBy) return run.step(`Start ${candidate} again`, step => wakeColour(site, candidate, step))
  for (const services of groupsOf(environment.strategy, candidate)) {
    const what = services.length === 1 ? services.join() : candidate
    const title = environment.strategy === 'rolling' ? `Rolling update of ${what}` : `Deploy to ${what}`
    await run.step(title, async () => {
      // Compose renames what it replaces, and fails over such names that an interrupted run of it has left.
      await site.project.remove(await site.project.containers(services))
      await site.project.start(services, { fresh: true })
    })
    await run.step(`Wait for ${what} to be healthy`, step => waitForServices(site, services, step))
  }
}

/** Blue-green starts all of a colour at once; rolling starts service by service beside the old one. */
const groupsOf = (strategy: Environment['strategy'], colour: Colour): ServiceName[][] =>
  strategy === 'rolling' ? servicesOf(colour).map(service => [service]) : [servicesOf(colour)]

/** Everything in the schema that a line names: relations, their columns, and the values of enum types. */
const question = `with ours as (select oid, nspname from pg_namespace
    where nspname <> 'information_schema' and nspname !~ '^pg_')
  select case c.relkind when 'i' then 'index' when 'I' then 'index' when 'S' then 'sequence' when 'v' then 'view'
      when 'm' then 'view' else 'table' end || ' ' || format('%I.%I', n.nspname, c.relname)
    from pg_class c join ours n on n.oid = c.relnamespace where c.relkind <> 'c'
  union all select 'column ' || format('%I.%I.%I ', n.nspname, c.relname, a.attname)
      || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    from pg_attribute a join pg_class c on c.oid = a.attrelid join ours n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f')
  union all select 'value ' || format('%I.%I ', n.nspname, t.typname) || e.enumlabel
    from pg_enum e join pg_type t on t.oid = e.enumtypid join ours n on n.oid = t.typnamespace`

const schemaLines = async ({ project }: Pick<Site, 'project'>): Promise<string[]> =>
  (await sql(project, question)).split('\n').filter(line => line !== '')

/** What differs, without the columns and indexes that a table has brought, or taken, with it. */
export function changesBetween(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)]
  const fresh = after.filter(line => !was.has(line)).map(line => `+ ${line}`)
  const gone = before.filter(line => !is.has(line)).map(line => `- ${line}`)
  const changed = [...fresh, ...gone]
  const tables = changed.flatMap(line => /^[+-] table (.*)$/.exec(line)?.[1] ?? [])
  return changed.filter(line => !tables.some(table => line.slice(2).startsWith(`column ${table}.`))).sort()
}

/** An application that makes its own schema, in the words of the person who has to fix that. */
export const madeItself = (candidate: Colour, changes: readonly string[]): Problem => ({
  what: `the schema changed while ${candidate} started: the application makes tables by itself`,
  detail: [...changes.slice(0, 10), ...(changes.length > 10 ? [`and ${changes.length - 10} more`] : [])].join(
    '\n',
  ),
  fix: [
    'take metadata.create_all(), or what else does it, out of the application, and write a migration: what no migration',
    'has made, none can change, and no rollback rolls it back',
  ].join('\n'),
})

/** Does what starts a candidate, and says what has become of the schema meanwhile, also where it fails. */
export async function watchSchema(site: RollingOut, start: () => Promise<void>): Promise<void> {
  const before = await schemaLines(site)
  try {
    await start()
  } finally {
    const changes = changesBetween(before, await seen(site, before))
    if (changes.length > 0) site.run.warn(madeItself(site.candidate, changes))
  }
}

/** A database that does not answer any more is what the start itself fails of: nothing is said of its schema. */
async function seen(site: Site, otherwise: readonly string[]): Promise<readonly string[]> {
  try {
    return await schemaLines(site)
  } catch (error) {
    if (error instanceof Failure) return otherwise
    throw error
  }
}
