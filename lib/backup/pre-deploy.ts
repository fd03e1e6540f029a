import { Failure, problemOf } from '../base/failure.ts'
import { databaseDown, databaseState, startsIt } from '../database/state.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { backUp } from './dump.ts'
import { lacksRestrict } from './dump-version.ts'
import { backupOf } from './list.ts'
import { prove } from './restore.ts'

/** The backup before a deploy or a rollback. One that is left out is said so.
 * @returns its file name; undefined where it was not wanted, or there is no database yet.
 * @throws Failure where there is a database and it could not be backed up.
 */
export async function preDeployBackup(site: Site, wanted: boolean, step: Step): Promise<string | undefined> {
  const { environment, run } = site
  if (!wanted) {
    run.warn({ what: 'BACKUP SKIPPED: --skip-backup was given' })
    step.skip('--skip-backup')
    return undefined
  }
  const state = await databaseState(site)
  if (state.is === 'absent') {
    step.skip('there is no database yet')
    return undefined
  }
  try {
    if (state.is === 'down') throw databaseDown(site, state.why)
    const hashed = environment.proveBeforeDeploy === true
    const manifest = await backUp(site, { reason: 'pre-deploy', hashed }, step)
    // An image whose psql is too old to restore is replaced by a deploy: that must not need it.
    const lacking = hashed ? await lacksRestrict(site) : undefined
    if (lacking) run.warn({ ...problemOf(lacking), what: `the backup was not proved: ${lacking.what}` })
    else if (hashed) await prove(site, backupOf(environment, manifest).file, step)
    return manifest.file
  } catch (error) {
    if (!(error instanceof Failure) || run.signal.aborted) throw error
    const { what, detail } = problemOf(error)
    throw new Failure({
      what: `${what}, so nothing is deployed`,
      detail,
      fix:
        state.is === 'down'
          ? startsIt(environment)
          : 'make room or mend the database; --skip-backup deploys without one',
    })
  }
}
