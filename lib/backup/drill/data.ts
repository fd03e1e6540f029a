import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { Failure } from '../../base/failure.ts'
import { readIfThere } from '../../base/files.ts'
import { count, duration } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import { changePassword, grantLogin, loginsOf } from '../../database/login.ts'
import { settleOwner } from '../../database/owner.ts'
import { loginIn } from '../../docker/live-variables.ts'
import { readComposeState } from '../../environment/directory.ts'
import type { Step } from '../../run/step.ts'
import { totalOf } from '../content.ts'
import type { Examined } from '../inspect.ts'
import { dropDatabase } from '../leftovers.ts'
import { backupDirectory } from '../list.ts'
import { restoreAside } from '../restore.ts'
import { copyTree } from '../tree.ts'
import { type Copy, startContainer } from './copy.ts'

/** Where the copy's backend finds its uploads, on this machine. */
export const uploadsOf = ({ directory }: Copy): string => join(directory, 'uploads')

/** Starts an empty server of the original's version, with its password, and waits until it answers. */
export async function startDatabase(copy: Copy, step: Step): Promise<void> {
  const { original, site } = copy
  const state = readComposeState(original)
  if (!state) throw new Failure({ what: `${original.name} has no database yet`, fix: 'deploy first' })
  const { name, user } = original.database
  await startContainer(copy, 'db', state.database.image, [
    ...['--env-file', join(original.directory, '.env.db')],
    ...['--env', `POSTGRES_DB=${name}`, '--env', `POSTGRES_USER=${user}`],
    ...['--volume', `${backupDirectory(original)}:/backups:ro`, '--shm-size', '256m'],
  ])
  const deadline = Date.now() + original.timeouts.healthy
  const ready = ['pg_isready', '--quiet', '--host', '127.0.0.1', '--username', user, '--dbname', name]
  while (!(await site.project.exec('db', ready)).ok) {
    if (Date.now() > deadline)
      throw new Failure({
        what: `the copy's database does not answer within ${duration(original.timeouts.healthy)}`,
      })
    step.progress('waiting for it')
    await sleep(300, site.run.signal)
  }
}

/** Since a rotation the backend is another role, or has another password than the server was set up with. */
export async function admitBackend({ original, site }: Copy): Promise<void> {
  const { user, password } = loginIn(parse(readIfThere(join(original.directory, '.env.backend')) ?? ''))
  if (user === original.database.user) await changePassword(site.project, password)
  if (!loginsOf(original).includes(user)) return
  await settleOwner(site.project)
  await grantLogin(site.project, user, password)
}

export async function restoreDatabase({ original, site }: Copy, backup: Examined, step: Step): Promise<void> {
  const { name } = original.database
  await dropDatabase(site.project, name)
  const { rows } = await restoreAside(site, backup, name, step)
  step.note(count(totalOf(rows), 'row'))
}

/** @param directory the backup's copy of the uploads, in `backups/`; undefined where it has none */
export async function restoreUploads(copy: Copy, directory: string | undefined, step: Step): Promise<void> {
  const target = uploadsOf(copy)
  mkdirSync(target, { recursive: true })
  if (directory === undefined) return step.skip('the backup has none')
  const from = join(backupDirectory(copy.original), directory)
  const { files } = await copyTree(from, target, { signal: copy.site.run.signal })
  step.note(count(files, 'file'))
}
