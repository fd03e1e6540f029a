import { basename, dirname } from 'node:path'
import { Failure, problemOf } from '../base/failure.ts'
import { count } from '../base/text.ts'
import { admin, databasesNamed, sql } from '../database/database.ts'
import { makeLost, removeLogins } from '../database/login.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import type { Restoring } from './container.ts'
import { differences, type Found } from './content.ts'
import { createLike, finishLike, forgetSettings, ownerOf } from './create-like.ts'
import { digestOf } from './digest.ts'
import { isOfServersMajor, lacksRestrict } from './dump-version.ts'
import { type Examined, examine, removeStaged } from './inspect.ts'
import { dropScratch, scratchPrefix } from './leftovers.ts'
import { load } from './load.ts'
import { type Manifest, stamp, stampedAt, writeManifest } from './manifest.ts'
import { readContent, readSchema } from './read-content.ts'
import { listing, refusal } from './refusal.ts'
import { dropRestorer, handOver, letReadAll, makeRestorer, prepare } from './restorer.ts'
import { demandDatabaseRoom } from './room.ts'
import { restorer } from './statements.ts'

/**
 * Restores a backup into a new database beside the live one, and compares what came out with what its manifest says.
 * Whatever the backup's SQL is, it runs as a role that owns the new database and nothing else, and psql obeys none of
 * it. Nothing else is touched; when it fails, the new database is dropped again.
 * @param options.anyExtension on a server where nothing else is: one that only a superuser may make is made there, too
 * @returns what is in it now.
 * @throws Failure with PostgreSQL's own words, or with the differences.
 */
export async function restoreAside(
  site: Restoring,
  backup: Examined,
  name: string,
  step: Pick<Step, 'progress'>,
  { anyExtension = false } = {},
): Promise<Found> {
  const { environment, project, run } = site
  const { extensions, subscriptions } = backup.statements
  const options = { timeout: environment.timeouts.backup, signal: run.signal }
  const lacking = await lacksRestrict(site)
  if (lacking) throw lacking
  await demandDatabaseRoom(site, backup.manifest?.databaseBytes ?? backup.bytes)
  const model = environment.database.name
  const owner = await ownerOf(project, model)
  const live = name !== model && (await databasesNamed(project, model)).includes(model) ? model : undefined
  const lost = await makeLost(project)
  try {
    await makeRestorer(project)
    await createLike(project, { model, name, owner: restorer })
    await prepare(project, { name, live, extensions, any: anyExtension })
    await load(site, backup, { name, owner }, step)
    await forgetSettings(project, name)
    step.progress('analyse')
    await sql(project, 'analyze', { ...options, database: name, user: restorer })
    step.progress('compare')
    await admin(project, letReadAll)
    // Before it is handed over: what reading may call has the rights of whoever reads.
    const isHashed = backup.manifest?.content !== undefined
    const { rows, content } = await readContent(project, name, isHashed, { ...options, user: restorer })
    // Again: analysing has computed indexes, and so called functions that may have set some. The next session is a superuser's.
    await forgetSettings(project, name)
    const switchedOff = await handOver(project, { name, owner, found: backup.statements }).catch(
      async (error: unknown) => {
        throw error instanceof Failure ? await refusal(site, backup, problemOf(error).detail ?? '') : error
      },
    )
    await finishLike(project, { model, name, owner })
    await admin(project, dropRestorer)
    const schema = content && (await readSchema(project, name, options))
    const found = { rows, content: content && schema && { ...content, schema } }
    await compare(site, backup, found)
    if (subscriptions.length > 0) run.note(`left out, a copy must not subscribe: ${subscriptions.join(', ')}`)
    if (switchedOff.length > 0)
      run.note(`restored switched off, look at what they call first: ${switchedOff.join(', ')}`)
    return found
  } catch (error) {
    await dropScratch(site, name)
    throw error
  } finally {
    if (lost.length > 0) await removeLogins(project, lost) // what was theirs is the owner's
  }
}

async function compare({ project }: Restoring, { file, manifest }: Examined, found: Found): Promise<void> {
  if (!manifest || Object.keys(manifest.rows).length === 0) return
  const dumped = { rows: manifest.rows, content: manifest.content }
  const lines = differences(dumped, found, { sameMajor: await isOfServersMajor(project, manifest) })
  if (lines.length === 0) return
  const more = lines.length > 12 ? [`and ${lines.length - 12} more`] : []
  throw new Failure({
    what: `${basename(file)} restores to something else than was dumped`,
    detail: [...lines.slice(0, 12), ...more].join('\n'),
    fix: `choose another one: ${listing}`,
  })
}

/**
 * Verifies a backup: restores it into a database that nobody uses, compares what comes out with what was dumped, and
 * writes the proof into its manifest. A file without a manifest gets one.
 * @throws Failure when it is damaged, is not restorable or holds something else.
 */
export async function verify(site: Site, file: string, step: Step): Promise<Manifest> {
  const { environment } = site
  const backup = await examine(site, file, step)
  const scratch = `${scratchPrefix(environment.database.name)}${stamp(new Date())}`
  const { rows } = await restoreAside(site, backup, scratch, step).finally(() =>
    removeStaged(site, backup.name),
  )
  await dropScratch(site, scratch)
  const manifest = await verified(site, backup, rows)
  writeManifest(dirname(backup.file), manifest)
  const words = { content: 'every row equal', rows: 'as many rows in each', restore: 'restorable' }
  step.note(
    `${count(Object.keys(manifest.rows).length, 'table')}, ${words[manifest.verifiedBy ?? 'restore']}`,
  )
  return manifest
}

async function verified(site: Site, backup: Examined, rows: Manifest['rows']): Promise<Manifest> {
  const proof = { verifiedAt: Date.now() }
  const { manifest } = backup
  const counted = Object.keys(manifest?.rows ?? {}).length > 0 ? 'rows' : 'restore'
  if (manifest) return { ...manifest, ...proof, verifiedBy: manifest.content ? 'content' : counted }
  const unknown = { ms: 0, databaseBytes: 0, postgres: '', pgDump: '', reason: 'manual' } as const
  return {
    ...unknown,
    ...(await digestOf(backup.file)),
    ...{ file: basename(backup.file), at: stampedAt(backup.file) ?? Date.now() },
    ...{ run: site.runId, who: site.who, database: site.environment.database.name },
    ...{ schema: backup.schema, rows, ...proof, verifiedBy: 'restore' },
  }
}
