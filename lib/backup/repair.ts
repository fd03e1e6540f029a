import { Failure } from '../base/failure.ts'
import { isCrowded } from '../database/connections.ts'
import { databasesNamed } from '../database/database.ts'
import { startLasting } from '../database/lasting-services.ts'
import { databaseAnswers, databaseState, startsIt } from '../database/state.ts'
import { demandEngine } from '../docker/answers.ts'
import { readComposeState } from '../environment/directory.ts'
import { type Site, unfitness } from '../proxy/site.ts'
import type { Fact } from '../run/events.ts'
import { lastFact } from '../run/recovery.ts'
import type { Step } from '../run/step.ts'
import { bringBack, show } from './backend-access.ts'
import { removeLeftovers } from './leftovers.ts'
import { allowConnections, renameDatabases } from './swap.ts'
import { swapUploads } from './uploads.ts'

const ours = ['away', 'swapping-database', 'swapping-uploads', 'database-settled'] as const

/**
 * Before a backup or a restore: puts right what an interrupted one left, and nothing else. A deploy that was
 * interrupted is for the next deploy to repair: in an emergency, nobody wants a backend started.
 */
export async function settleDatabase(site: Site, step: Step): Promise<void> {
  const { environment, run, unsettled } = site
  await demandEngine()
  const state = await databaseState(site)
  if (state.is === 'absent')
    throw new Failure({ what: `${environment.name} has no database yet`, fix: 'deploy first' })
  if (!readComposeState(environment))
    throw new Failure({
      what: `${environment.directory}/.env is lost or damaged: Compose finds the database by it`,
      fix: startsIt(environment),
    })
  if (unsettled) run.note(`${unsettled.run} did not come to its end`)
  const found: string[] = []
  if (state.is === 'down') {
    await startLasting(site, ['db'], step)
    found.push(`the database was down (${state.why}): started`)
  }
  await repairDatabase(site, step, found)
  for (const name of await removeLeftovers(site)) found.push(`removed ${name}`)
  const isOurs = ({ kind }: Fact): boolean => ours.some(name => name === kind)
  if (unsettled?.facts.every(isOurs)) run.settle()
  else if (unsettled) run.note('what it left of a deployment is for the next deploy or rollback to repair')
  if (found.length === 0) step.skip('nothing to repair')
  for (const finding of found) run.note(finding)
}

/** Finishes or rolls back a rollback of the database that was interrupted, by what the databases are called now. */
export async function repairDatabase(site: Site, step: Step, found: string[]): Promise<void> {
  const { environment, project, run, unsettled } = site
  const facts = unsettled?.facts ?? []
  const open = facts.slice(facts.findLastIndex(({ kind }) => kind === 'database-settled') + 1)
  const away = lastFact(open, 'away')
  const swap = lastFact(open, 'swapping-database')
  const uploads = lastFact(open, 'swapping-uploads')
  const settleUploads = (forward: boolean): void => {
    const isMoved = uploads && swapUploads(environment, { ...uploads, forward })
    if (uploads && forward) found.push('the restored uploads are in place')
    else if (isMoved) found.push('the uploads are those from before')
  }
  await show(site) // a rollback that was killed, or whose undoing failed, may have left them hidden
  // Where no connection is left, somebody has connected.
  const letsIn = async (): Promise<boolean> =>
    allowConnections(site, [environment.database.name]).catch((error: unknown) => {
      if (!isCrowded(error)) throw error
      return false
    })
  if ((await databaseAnswers(site)) && (await letsIn()))
    found.push('nobody could connect to the database any more: it takes connections again')
  if (!away && !swap) return
  const names = await databasesNamed(project, environment.database.name)
  await allowConnections(site, names)
  const isSwapped =
    swap !== undefined && (swap.kept === null ? !names.includes(swap.side) : names.includes(swap.kept))
  settleUploads(isSwapped)
  if (away)
    await bringBack(site, away.containers, step).catch((error: unknown) => {
      if (!isSwapped || !(error instanceof Failure)) throw error
    })
  const why = isSwapped ? await unfitness(site) : undefined
  if (!isSwapped) found.push('the database was not replaced: the live one is as it was')
  else if (why === undefined || swap.kept === null)
    found.push(
      `the database had been replaced already, and the live version works with it: kept${swap.kept ? `; the one before is ${swap.kept}` : ''}`,
    )
  else {
    await renameDatabases(site, [
      [swap.live, swap.side],
      [swap.kept, swap.live],
    ])
    settleUploads(false)
    await bringBack(site, away?.containers ?? [], step)
    found.push(`the database had been replaced, and ${why}: the one before is live again`)
  }
  run.fact({ kind: 'database-settled' })
}
