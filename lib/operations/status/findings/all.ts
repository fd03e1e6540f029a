import { commandOf } from '../../../base/command-text.ts'
import type { Problem } from '../../../base/failure.ts'
import type { Facts } from '../facts.ts'
import { valueIn } from '../known.ts'
import { containers } from './containers.ts'
import { backups, database, disks } from './data.ts'
import { addresses, certificates, proxy, users } from './serving.ts'
import { repairing } from './typed.ts'

/**
 * Everything that is wrong, in words, each with the command that mends it, the most urgent first. What only follows
 * from something that is said already is left out: without an engine nothing runs.
 */
export function findings(facts: Facts): Problem[] {
  const { environment } = facts
  if (!facts.isThere)
    return [
      {
        what: `${environment.directory}, the directory of ${environment.name}, is not on this machine`,
        fix: `mkdir -p ${environment.directory}`,
      },
    ]
  const first = facts.engine.known ? [] : [engineDown(facts.engine.why)]
  const isDeployed = facts.release !== undefined || facts.live.onDisk !== null
  if (!isDeployed)
    return [
      ...first,
      ...facts.secrets,
      ...unfinished(facts),
      { what: 'nothing has been deployed yet', fix: commandOf('deploy', environment.name) },
    ]
  const running = facts.engine.known
    ? [...users(facts), ...containers(facts), ...proxy(facts), ...database(facts)]
    : []
  return [
    ...[...first, ...running, ...unfinished(facts), ...facts.secrets],
    ...(facts.damagedHistory ? [facts.damagedHistory] : []),
    ...[...addresses(facts), ...backups(facts), ...disks(facts), ...certificates(facts)],
  ]
}

const engineDown = (why: string): Problem => ({
  what: 'Docker does not answer on this machine',
  detail: why,
  fix: 'sudo systemctl start docker; systemctl status docker says why it stopped',
})

/** A run that was killed, and one that said that it needs a person. */
function unfinished(facts: Facts): Problem[] {
  const newest = valueIn(facts.runs)?.[0]
  if (!newest || facts.lock !== undefined) return []
  if (newest.outcome === undefined)
    return [
      { what: `${newest.run} did not come to its end`, fix: `${repairing(facts)}  repairs what it left` },
    ]
  if (newest.outcome === 'needs a person' && newest.problem)
    return [{ ...newest.problem, what: `${newest.run} needs a person: ${newest.problem.what}` }]
  return []
}
