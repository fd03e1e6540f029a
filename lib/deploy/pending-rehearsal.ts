import { realpathSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { backupFile } from '../backup/list.ts'
import { restoreElsewhere } from '../backup/restore-elsewhere.ts'
import { Failure } from '../base/failure.ts'
import { run } from '../base/shell.ts'
import { bytes, count } from '../base/text.ts'
import { databaseSize } from '../database/database.ts'
import { readComposeState } from '../environment/directory.ts'
import { usual } from '../migrate-check/check.ts'
import { rehearsalFailure, rehearsalTable, rehearse } from '../migrate-check/rehearsal.ts'
import { onScratchServer, throwawayServer } from '../migrate-check/scratch-server.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'
import { type Pending, placeIn } from './pending-check.ts'

/**
 * Restores the newest backup beside the live database and applies there exactly what is pending.
 * @throws Failure where a migration fails on those rows: on the live database it would fail just so.
 */
export async function rehearsePending(site: Site, pending: Pending, step: Step): Promise<void> {
  const { environment } = site
  const state = readComposeState(environment)
  if (pending.revisions.length === 0) return step.skip('no migrations are pending')
  if (pending.from === null || !state) return step.skip('there is no database yet')
  const file = realpathSync(backupFile('latest', environment))
  await demandRoom(site)
  const done = await onScratchServer(
    id =>
      throwawayServer(state.database.image, id, {
        backups: dirname(file),
        isolated: true,
        otherwise:
          'deploy again when the machine is less busy, or leave --rehearse out; it is always on where the settings have `rehearse: true`',
        signal: site.run.signal,
      }),
    (server, id) =>
      rehearse(server, id, {
        place: placeIn(site, pending.image),
        config: usual.config,
        restore: database =>
          restoreElsewhere(
            file,
            { container: `${server.container}`, database, environment, signal: site.run.signal },
            step.progress,
          ),
        settings: environment.database,
        signal: site.run.signal,
        progress: step.progress,
      }),
  )
  for (const line of rehearsalTable(done).split('\n')) site.run.note(line)
  const failure = rehearsalFailure(done)
  if (failure) throw failure
  step.note(`${count(done.done.length, 'revision')} on ${basename(file)}`)
}

/** The copy is on the same disk as the live database, which must not find it full. */
async function demandRoom({ environment, project }: Site): Promise<void> {
  const root = await run(['docker', 'info', '--format', '{{.DockerRootDir}}'])
  const { bavail, bsize } = await statfs(root)
  const needed = environment.diskReserve + 2 * (await databaseSize(project))
  if (bavail * bsize < needed)
    throw new Failure({
      what: `${bytes(bavail * bsize)} are free on ${root}; rehearsing on a restored backup needs ${bytes(needed)}`,
      fix: 'make room: docker system df shows what takes it; or rehearse elsewhere: migrate-check --from-backup',
    })
}
