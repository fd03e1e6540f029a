import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromThePast, listBackups } from '../../backup/list.ts'
import { stamp } from '../../backup/manifest.ts'
import { commandOf } from '../../base/command-text.ts'
import { problemOf } from '../../base/failure.ts'
import { writeAtomically } from '../../base/files.ts'
import { bytes, duration } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Ended } from '../../run/outcome.ts'
import type { Run } from '../../run/run.ts'
import { readEvents } from '../../run/run-log.ts'
import { incidentRecord, isIncident } from './record.ts'

/**
 * Writes `logs/incidents/<stamp>.md` when a run rolled something back, and says where it is. A record that cannot be
 * written is a warning: the rollback itself is what counts.
 */
export function recordIncident(
  { run, environment, logFile, told }: { run: Run; environment: Environment; logFile: string; told: number },
  ended: Ended,
): void {
  try {
    const events = readEvents(readFileSync(logFile, 'utf8'))
    if (!isIncident(events, ended)) return
    const now = Date.now()
    const backups = fromThePast(listBackups(environment), now)
      .slice(0, 5)
      .map(backup => `${backup.name}, ${bytes(backup.bytes)}, ${duration(now - backup.at)} old`)
    const directory = join(environment.directory, 'logs', 'incidents')
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = join(directory, `${stamp(new Date(events[0]?.at ?? now)).replace('_', '-')}.md`)
    const commands = {
      logs: `make logs E=${environment.name}`,
      status: commandOf('status', environment.name),
    }
    writeAtomically(file, incidentRecord(events, { ended, now, backups, told, commands }), 0o600)
    run.note(`incident record: ${file}`)
  } catch (error) {
    run.warn({ what: `the incident record was not written: ${problemOf(error).what}` })
  }
}
