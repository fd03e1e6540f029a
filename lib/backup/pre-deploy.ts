import { Failure, problemOf } from '../failure.ts'
import { databaseAnswers } from '../services.ts'
import type { Site } from '../site.ts'
import type { Step } from '../step.ts'
import { backUp } from './dump.ts'
import { backupOf } from './list.ts'
import { prove } from './prove.ts'

/** The backup before a deploy. One that is left out is said so. @returns its file name. */
export async function preDeployBackup(site: Site, wanted: boolean, step: Step): Promise<string | undefined> {
  const { environment, run } = site
  if (!wanted) {
    run.warn({ what: 'BACKUP SKIPPED: --skip-backup was given' })
    step.skip('--skip-backup')
    return undefined
  }
  if (!(await databaseAnswers(site))) {
    step.skip('there is no database yet')
    return undefined
  }
  try {
    const hashed = environment.proveBeforeDeploy === true
    const manifest = await backUp(site, { reason: 'pre-deploy', hashed }, step)
    if (hashed) await prove(site, backupOf(environment, manifest).file, step)
    return manifest.file
  } catch (error) {
    if (!(error instanceof Failure) || run.signal.aborted) throw error
    const { what, detail } = problemOf(error)
    throw new Failure({
      what: `${what}, so nothing is deployed`,
      detail,
      fix: 'make room or mend the database; --skip-backup deploys without one',
    })
  }
}
