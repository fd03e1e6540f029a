import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { duration } from '../base/text.ts'
import { admin, maintenance, sql } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import type { Site } from '../proxy/site.ts'
import { hide, runningBackends, show } from './backend-access.ts'
import { dropScratch } from './leftovers.ts'
import { backupDirectory } from './list.ts'
import { type Manifest, stamp } from './manifest.ts'
import { demandRoom } from './space.ts'
import { keptPrefix, renameDatabases } from './swap.ts'
import { copyTree } from './tree.ts'
import { keptUploads, liveUploads, restoredUploads } from './uploads.ts'

/** Whether the server has a database of that name. */
export const databaseExists = async ({ project }: Site, name: string): Promise<boolean> =>
  (await admin(project, `select 1 from pg_database where datname = ${literal(name)}`)) === '1'

/**
 * Puts a database in the live one's place, which is kept under a dated name. The way back is named first; whoever is
 * still reached by users is hidden from them meanwhile.
 * @param side what is to become live; `droppable` when it was made for this alone
 * @returns the name of the one that was replaced (null where there was none), and for how long users were away, in ms
 */
export async function replaceDatabase(
  site: Site,
  side: { name: string; droppable: boolean },
): Promise<{ kept: string | null; ms: number }> {
  const { environment, project, run } = site
  const live = environment.database.name
  const kept = (await databaseExists(site, live)) ? `${keptPrefix(live)}${stamp(new Date())}` : null
  const forth: (readonly [string, string])[] = [
    ...(kept === null ? [] : [[live, kept] as const]),
    [side.name, live],
  ]
  const back = forth.toReversed().map(([from, to]) => [to, from] as const)
  if (side.droppable) run.undo(`Drop ${side.name}`, () => dropScratch(site, side.name))
  run.undo('Put the replaced database back', async step => {
    if (await databaseExists(site, side.name)) return step.skip('it was not replaced: it is as it was')
    await renameDatabases(site, back)
    step.note(`${live} is the database from before, untouched`)
  })
  run.fact({ kind: 'swapping-database', live, side: side.name, kept })
  const reached = await runningBackends(site)
  const ms = await run.step('Swap the databases', async step => {
    let began = 0
    let ended = 0
    // What was restored is on its way to the disk still, and the renaming's own commit would wait behind it.
    step.progress('checkpoint')
    await sql(project, 'checkpoint', { database: maintenance, timeout: environment.timeouts.backup })
    await renameDatabases(site, forth, {
      before: async () => {
        began = performance.now()
        await hide(site, reached)
      },
      after: async () => {
        await show(site, reached)
        ended = performance.now()
      },
    }).catch(async (error: unknown) => {
      await show(site, reached)
      throw error
    })
    step.note(`${kept ? `the one before is ${kept}, ` : ''}in ${duration(ended - began)}`)
    return ended - began
  })
  return { kept, ms }
}

/** Copies a backup's uploads beside the live ones. @returns the directory, to be swapped in. */
export async function restoreUploads(
  site: Site,
  { directory, bytes }: NonNullable<Manifest['uploads']>,
): Promise<string> {
  const { environment, run } = site
  const next = `${restoredUploads(environment)}${stamp(new Date())}`
  const from = join(backupDirectory(environment), directory)
  if (!existsSync(from)) throw new Failure({ what: `${from}, the uploads of that backup, is not here` })
  await demandRoom(environment.directory, bytes)
  run.undo('Remove the restored uploads', async () => rmSync(next, { recursive: true, force: true }))
  await copyTree(from, next, { signal: run.signal }) // copies, no links: the app may write into them
  return next
}

/**
 * Puts the restored uploads in the live ones' place, which are kept. Only while no backend runs: it holds the old directory.
 * @param at the stamp of the database that was replaced with them, by which the way back finds them
 */
export function replaceUploads({ environment, run }: Site, next: string, at: string): string {
  const live = liveUploads(environment)
  const kept = keptUploads(environment, at)
  run.undo('Put the uploads back', async step => {
    if (!existsSync(kept)) return step.skip('they are as they were')
    if (existsSync(live)) renameSync(live, next)
    renameSync(kept, live)
  })
  run.fact({ kind: 'swapping-uploads', next, kept })
  if (existsSync(live)) renameSync(live, kept)
  renameSync(next, live)
  return kept
}
