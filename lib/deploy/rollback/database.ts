import { bringBack, runningBackends, show, stopBackends } from '../../backup/backend-access.ts'
import { salvage } from '../../backup/before-change.ts'
import { totalOf } from '../../backup/content.ts'
import { type Examined, removeStaged } from '../../backup/inspect.ts'
import { scratchPrefix } from '../../backup/leftovers.ts'
import { type Manifest, stamp } from '../../backup/manifest.ts'
import { settleDatabase } from '../../backup/repair.ts'
import { restoreAside } from '../../backup/restore.ts'
import { replacedRows } from '../../backup/result.ts'
import { type Fitting, fitSchema } from '../../backup/schema-compatibility.ts'
import { fromBackup, fromKept, lossTable, readLive, type Source } from '../../backup/source.ts'
import { keptPrefix, replaceDatabase } from '../../backup/swap.ts'
import { replaceUploads, restoreUploads } from '../../backup/uploads.ts'
import { Failure } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { upgrade } from '../../database/migrations.ts'
import { pullRelease } from '../../docker/images.ts'
import type { Environment } from '../../environment/environment.ts'
import { type Site, testLive } from '../../proxy/site.ts'
import { confirm } from '../../run/confirm.ts'
import { standsBy } from '../colours.ts'
import { rollOut } from '../rollout/rollout.ts'
import type { DatabaseRollback } from './options.ts'

/**
 * Puts a backup in the live database's place. It is read whole, restored beside the live one and compared before
 * anything is touched; the live one is renamed, not removed, and every change names its undoing first.
 */
export async function rollBackDatabase(site: Site, wanted: DatabaseRollback & { readonly ask: boolean }) {
  const { environment, run } = site
  await run.step('Repair what an interrupted run left', step => settleDatabase(site, step))
  const source =
    wanted.backTo === undefined ? await fromBackup(site, wanted.backup) : await fromKept(site, wanted.backTo)
  if (source.keptUploads && wanted.online) throw heldUploads(source.keptUploads)
  try {
    const live = await run.step('Compare with the live database', () => readLive(site))
    const fitting = await run.step('Compare schemas', () =>
      fitSchema(
        site,
        { schema: source.schema, release: source.backup?.manifest?.release },
        live.schema,
        wanted.remedy,
      ),
    )
    for (const line of lossTable(site, source, live, Date.now()).split('\n')) run.note(line)
    const what = source.keptUploads ? 'the database and the uploads' : 'the database'
    if (wanted.ask) await confirm(`Replace ${what} of ${environment.name} by ${source.name}?`, run.signal)
    return await replace(site, wanted, source, fitting)
  } finally {
    if (source.backup) removeStaged(site, source.backup.name)
  }
}

async function replace(site: Site, wanted: DatabaseRollback, source: Source, fitting: Fitting) {
  const { environment, project, proxy, run } = site
  const { backup } = source
  const target = fitting.release
  const isReady = target !== undefined && (await standsBy(project, target))
  if (target && !isReady)
    await run.step(`Pull release ${target.release}`, step => pullRelease(site, target.images, step))
  if (wanted.emergencyBackup) await run.step('Save what can be saved', step => salvage(site, step))

  const restore = () => restoreInto(site, source)
  const uploads = wanted.withUploads ? uploadsOf(backup) : undefined
  const next = uploads
    ? await run.step('Restore the uploads beside', () => restoreUploads(site, uploads))
    : source.keptUploads
  let side = wanted.online ? await restore() : source.name
  const containers = await runningBackends(site)
  const ids = containers.map(({ id }) => id)
  run.fact({ kind: 'away', containers: ids })
  run.undo('Let users reach the backend again', step => bringBack(site, ids, step))
  if (!wanted.online || fitting.upgrade || target)
    await run.step('Stop the backend', step => stopBackends(site, containers, step))
  if (!wanted.online) side = await restore()

  const { kept, ms } = await replaceDatabase(site, { name: side, droppable: backup !== undefined })
  const keptUploads = next && replaceUploads(site, next, stampOf(environment, kept))
  const colour = proxy.mapOnDisk()
  if (fitting.upgrade && colour) await run.step('Run migrations', () => upgrade(project, colour))
  if (target) {
    const version = { ...target, kind: 'rollback', run: site.runId, who: site.who } as const
    await rollOut(site, { version, standsBy: isReady })
    await show(site, containers)
  } else {
    await run.step('Start the backend', step => bringBack(site, ids, step))
    await run.step('Smoke tests', () => testLive(site))
  }
  run.fact({ kind: 'database-settled' })
  run.keep()
  return replacedRows(environment, source, { kept, keptUploads, ms: wanted.online ? ms : undefined })
}

/** Restores beside the live database; a kept one is there already. @returns the new database's name. */
async function restoreInto(site: Site, { backup, name }: Source): Promise<string> {
  if (!backup) return name
  const live = site.environment.database.name
  const side = `${scratchPrefix(live)}${stamp(new Date())}`
  await site.run.step('Restore beside the live database', async step => {
    const { rows } = await restoreAside(site, backup, side, step).catch((error: unknown) => {
      site.run.note(`${live} was not touched: it is as it was`)
      throw error
    })
    step.note(
      `${count(totalOf(rows), 'row')}, ${backup.manifest ? 'as many as were dumped' : 'nothing to compare them with'}`,
    )
  })
  return side
}

/** The database and the uploads that were live together are kept under one stamp. */
const stampOf = ({ database }: Environment, kept: string | null): string =>
  kept === null ? stamp(new Date()) : kept.slice(keptPrefix(database.name).length)

const heldUploads = (directory: string): Failure =>
  new Failure({
    what: `${directory}, the uploads of then, belong to that database, and a running backend holds those of now`,
    fix: 'leave --online out',
  })

function uploadsOf(backup: Examined | undefined): NonNullable<Manifest['uploads']> {
  const uploads = backup?.manifest?.uploads
  if (uploads) return uploads
  throw new Failure({ what: 'that backup has no copy of the uploads', fix: 'leave --with-uploads out' })
}
