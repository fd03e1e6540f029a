import { futureProblem } from '../../../backup/list.ts'
import { commandOf } from '../../../base/command-text.ts'
import type { Problem } from '../../../base/failure.ts'
import { bytes } from '../../../base/text.ts'
import { collationProblems } from '../../../database/collations.ts'
import type { BackupFacts, Facts } from '../facts.ts'
import { valueIn } from '../known.ts'
import { percent, span } from '../words.ts'
import { typed } from './typed.ts'

export function database(facts: Facts): Problem[] {
  const runs = valueIn(facts.containers)?.some(
    ({ service, status }) => service === 'db' && status === 'running',
  )
  if (!facts.database.known)
    return runs && facts.databaseTrouble === undefined
      ? [
          {
            what: `the database does not answer: ${facts.database.why}`,
            fix: typed(facts, 'logs --tail 50 db'),
          },
        ]
      : [] // said already
  const { schema, connections, maxConnections, blocked, collations } = facts.database.value
  const head = facts.head
  const look = `${commandOf('status', facts.environment.name)} --db`
  return [
    ...collationProblems(
      { environment: facts.environment, typed: (...words) => typed(facts, words.join(' ')) },
      collations,
    ),
    ...(head.known && head.value !== schema && facts.lock === undefined
      ? [
          {
            what: `the schema is at ${schema ?? 'no revision'}; the live image's newest is ${head.value ?? 'none'}`,
            fix: `${commandOf('deploy', facts.environment.name)} --tag ${facts.release?.tag ?? facts.environment.branch} --force  migrates it`,
          },
        ]
      : []),
    ...(connections / maxConnections > facts.environment.alarms.connections
      ? [{ what: `${connections} of ${maxConnections} database connections are taken`, fix: look }]
      : []),
    ...(blocked > 0 ? [{ what: `${blocked} of the database's queries wait for a lock`, fix: look }] : []),
  ]
}

export function backups(facts: Facts): Problem[] {
  const { environment, at } = facts
  if (!facts.backups.known)
    return [
      {
        what: `the backups cannot be listed: ${facts.backups.why}`,
        fix: `ls -ld ${environment.directory}/backups`,
      },
    ]
  return [...facts.backups.value.fromFuture.map(futureProblem), ...ages(facts, facts.backups.value, at)]
}

function ages({ environment }: Facts, { last, oldest, proved }: BackupFacts, at: number): Problem[] {
  const fix = commandOf('backup', environment.name)
  if (!last) return [{ what: 'there is no backup', fix }]
  const age = at - last.at
  if (age > environment.alarms.backup) return [{ what: `the newest backup is ${span(age)} old`, fix }]
  const provedAt = proved?.manifest?.verifiedAt ?? 0
  // A proof from the future says no more than that there was one after the backup.
  const since = proved ? (provedAt > at ? proved.at : provedAt) : (oldest?.at ?? at)
  if (at - since > environment.alarms.proof)
    return [{ what: `no backup was proved for ${span(at - since)}`, fix: `${fix} --verify` }]
  return []
}

export function disks({ environment, disks: found }: Facts): Problem[] {
  const fix = commandOf('cleanup', environment.name)
  return found.flatMap(({ path, total, free, inodes, inodesFree }) => [
    ...(free / total < environment.alarms.diskFree
      ? [{ what: `${path} has ${bytes(free)} of ${bytes(total)} free (${percent(free / total)})`, fix }]
      : []),
    ...(inodes > 0 && inodesFree / inodes < environment.alarms.inodesFree
      ? [{ what: `${path} has ${inodesFree} of ${inodes} inodes free`, fix }]
      : []),
  ])
}
