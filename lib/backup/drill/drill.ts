import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../base/failure.ts'
import { duration } from '../../base/text.ts'
import { pullRelease } from '../../docker/images.ts'
import type { Environment } from '../../environment/environment.ts'
import { findRelease, type Release, readReleases } from '../../environment/releases.ts'
import type { Site } from '../../proxy/site.ts'
import { examine } from '../inspect.ts'
import { type Backup, listBackups, newestToRestore } from '../list.ts'
import {
  admitBackend,
  migrate,
  restoreDatabase,
  restoreUploads,
  startApplication,
  startDatabase,
  testApplication,
} from './contents.ts'
import { copyOf, removeCopy } from './copy.ts'

/**
 * The disaster-recovery drill: from the newest recovery point, a copy of the whole environment is started beside it,
 * on a network from which nothing leads out and to which no port leads in; migrated if its version asks for it,
 * tested, timed, and removed. What users have is not touched.
 */
export async function drill(site: Site) {
  const { environment, run } = site
  const copy = await copyOf(site)
  await run.step('Remove what an earlier drill left', step => removeCopy(copy, step))
  const backup = newestToRestore(listBackups(environment), Date.now())
  const { release, tag, images } = releaseOf(site, backup)

  const started = performance.now()
  run.undo('Remove the copy', step => removeCopy(copy, step))
  const examined = await run.step('Verify the backup', step => examine(site, backup.file, step))
  await run.step(`Pull release ${release}`, step => pullRelease(site, images, step))
  await run.step('Start a database', async step => {
    await startDatabase(copy, step)
    await admitBackend(copy)
  })
  await run.step('Restore the database', step => restoreDatabase(copy, examined, step))
  const uploads = examined.manifest?.uploads?.directory
  await run.step('Restore the uploads', step => restoreUploads(copy, uploads, step))
  await run.step('Run migrations', step => migrate(copy, images, step))
  await run.step('Start the application', () => startApplication(copy, images))
  await run.step('Smoke tests', () => testApplication(copy))
  const recovery = Math.round(performance.now() - started)

  const at = Date.now()
  // A line of `drills.jsonl`. Times are ms: `age`, what would have been lost; `recovery`, until the tests passed.
  const done = { at, run: site.runId, who: site.who, tag, backup: backup.name, age: at - backup.at, recovery }
  await run.step('Record the drill', async step => {
    appendFileSync(drillFile(environment), `${JSON.stringify({ v: 1, ...done })}\n`, { mode: 0o600 })
    step.note(`recovered in ${duration(recovery)}`)
  })
  await run.step('Remove the copy', step => removeCopy(copy, step))
  run.keep()
  return done
}

/** The release that was live when the backup was made; where that is not known any more, the newest. */
function releaseOf({ environment }: Site, { manifest }: Backup): Release {
  const releases = readReleases(environment)
  const then = manifest?.release === undefined ? undefined : findRelease(releases, manifest.release)
  const release = then ?? releases.at(-1)
  if (!release) throw new Failure({ what: 'there is no release to start', fix: 'deploy first' })
  return release
}

export const drillFile = (environment: Environment): string => join(environment.directory, 'drills.jsonl')
