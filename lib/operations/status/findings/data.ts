import { futureProblem } from '../../../backup/list.ts'
import { commandOf } from '../../../base/command-text.ts'
import type { Problem } from '../../../base/failure.ts'
import { bytes } from '../../../base/text.ts'
import { collationProblems } from '../../../database/collations.ts'
import type { BackupFacts, Facts } from '../facts.ts'
import { percent, span, typed } from '../words.ts'
import { isRunning } from './serving.ts'

export function* database(facts: Facts): Iterable<Problem> {
  const { environment, head } = facts
  if (!facts.database.known) {
    if (isRunning(facts, 'db') && facts.databaseTrouble === undefined)
      // else it is said already
      yield {
        what: `the database does not answer: ${facts.database.why}`,
        fix: typed(facts, 'logs --tail 50 db'),
      }
    return
  }
  const { schema, connections, maxConnections, blocked, collations } = facts.database.value
  yield* collationProblems({ environment, typed: (...words) => typed(facts, words.join(' ')) }, collations)
  if (head.known && head.value !== schema && facts.lock === undefined)
    yield {
      what: `the schema is at ${schema ?? 'no revision'}; the live image's newest is ${head.value ?? 'none'}`,
      fix: `${commandOf('deploy', environment.name)} --tag ${facts.release?.tag ?? environment.branch} --force  migrates it`,
    }
  const fix = `${commandOf('status', environment.name)} --db`
  if (connections / maxConnections > environment.alarms.connections)
    yield { what: `${connections} of ${maxConnections} database connections are taken`, fix }
  if (blocked > 0) yield { what: `${blocked} of the database's queries wait for a lock`, fix }
}

export function* backups(facts: Facts): Iterable<Problem> {
  const { environment, at } = facts
  if (facts.backups.known) {
    yield* facts.backups.value.fromFuture.map(futureProblem)
    yield* ages(facts, facts.backups.value, at)
  } else
    yield {
      what: `the backups cannot be listed: ${facts.backups.why}`,
      fix: `ls -ld ${environment.directory}/backups`,
    }
}

function* ages(
  { environment }: Facts,
  { last, oldest, verified }: BackupFacts,
  at: number,
): Iterable<Problem> {
  const fix = commandOf('backup', environment.name)
  if (!last) return yield { what: 'there is no backup', fix }
  const age = at - last.at
  if (age > environment.alarms.backup) return yield { what: `the newest backup is ${span(age)} old`, fix }
  const verifiedAt = verified?.manifest?.verifiedAt ?? 0
  // A proof from the future says no more than that there was one after the backup.
  const since = verified ? (verifiedAt > at ? verified.at : verifiedAt) : (oldest?.at ?? at)
  if (at - since > environment.alarms.proof)
    yield { what: `no backup was verified for ${span(at - since)}`, fix: `${fix} --verify` }
}

export function* disks({ environment, disks: found }: Facts): Iterable<Problem> {
  const fix = commandOf('cleanup', environment.name)
  for (const { path, total, free, inodes, inodesFree } of found) {
    if (free / total < environment.alarms.diskFree)
      yield { what: `${path} has ${bytes(free)} of ${bytes(total)} free (${percent(free / total)})`, fix }
    if (inodes > 0 && inodesFree / inodes < environment.alarms.inodesFree)
      yield { what: `${path} has ${inodesFree} of ${inodes} inodes free`, fix }
  }
}
