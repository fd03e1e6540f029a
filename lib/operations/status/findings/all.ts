import { commandOf } from '../../../base/command-text.ts'
import type { Problem } from '../../../base/failure.ts'
import { userName } from '../../../base/user.ts'
import { type Facts, valueIn } from '../facts.ts'
import { repairing } from '../words.ts'
import { backups, database, disks } from './data.ts'
import { addresses, certificates, containers, proxy, users } from './serving.ts'

/**
 * Everything that is wrong, in words, each with the command that fixes it, the most urgent first. What only follows
 * from something that is said already is left out: without an engine nothing runs.
 */
export function findings(facts: Facts): Problem[] {
  return [...found(facts)]
}

function* found(facts: Facts): Iterable<Problem> {
  const { environment, engine } = facts
  if (!facts.isThere)
    return yield {
      what: `${environment.directory}, the directory of ${environment.name}, is not on this machine`,
      fix: `mkdir -p ${environment.directory}`,
    }
  if (!engine.known) yield engineDown(engine.why)
  if (facts.closed !== undefined)
    return yield {
      what: `${userName()} may not read ${facts.closed}: how ${environment.name} does is not known`,
      fix: `ask as the owner of ${environment.directory}, or as root`,
    }
  if (facts.release === undefined && facts.live.onDisk === null) {
    yield* facts.secrets
    yield* unfinished(facts)
    return yield { what: 'nothing has been deployed yet', fix: commandOf('deploy', environment.name) }
  }
  if (engine.known) for (const look of [users, containers, proxy, database]) yield* look(facts)
  yield* unfinished(facts)
  yield* facts.secrets
  if (facts.damagedHistory) yield facts.damagedHistory
  for (const look of [addresses, backups, disks, certificates]) yield* look(facts)
}

const engineDown = (why: string): Problem => ({
  what: 'Docker does not answer on this machine',
  detail: why,
  fix: 'sudo systemctl start docker; systemctl status docker says why it stopped',
})

/** A run that was killed, and one that said that it needs a person. */
function* unfinished(facts: Facts): Iterable<Problem> {
  const newest = valueIn(facts.runs)?.[0]
  if (!newest || facts.lock !== undefined) return
  if (newest.outcome === undefined)
    yield { what: `${newest.run} did not come to its end`, fix: `${repairing(facts)}  repairs what it left` }
  else if (newest.outcome === 'needs a person' && newest.problem)
    yield { ...newest.problem, what: `${newest.run} requires manual action: ${newest.problem.what}` }
}
