import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { Failure } from '../../base/failure.ts'
import { readIfThere } from '../../base/files.ts'
import { redact } from '../../base/redact.ts'
import { attempt, commandFailed, run } from '../../base/shell.ts'
import { count, duration, lastLines } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import { schemaRevision, showRevision } from '../../database/database.ts'
import { changePassword, restoreLogin } from '../../database/login.ts'
import { conditionOf } from '../../docker/containers.ts'
import { loginIn } from '../../docker/live-variables.ts'
import { applicationLimits } from '../../docker/throwaway.ts'
import { readComposeState } from '../../environment/directory.ts'
import type { Images } from '../../environment/releases.ts'
import { smokeTest } from '../../proxy/smoke.ts'
import type { Step } from '../../run/step.ts'
import { totalOf } from '../content.ts'
import type { Examined } from '../inspect.ts'
import { dropDatabase } from '../leftovers.ts'
import { backupDirectory } from '../list.ts'
import { restoreAside } from '../restore.ts'
import { copyTree } from '../tree.ts'
import { type Copy, migrationsOf, startContainer } from './copy.ts'

/** Starts an empty server of the original's version, with its password, and waits until it answers. */
export async function startDatabase(copy: Copy, step: Step): Promise<void> {
  const { original, site } = copy
  const state = readComposeState(original)
  if (!state) throw new Failure({ what: `${original.name} has no database yet`, fix: 'deploy first' })
  const { name, user } = original.database
  // A network from which nothing leads out; no port of its containers leads in.
  await run(['docker', 'network', 'create', '--internal', copy.name])
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
  await restoreLogin(site.project, { user, password })
}

export async function restoreDatabase({ original, site }: Copy, backup: Examined, step: Step): Promise<void> {
  const { name } = original.database
  await dropDatabase(site.project, name)
  const { rows } = await restoreAside(site, backup, name, step)
  step.note(count(totalOf(rows), 'row'))
}

/** @param directory the backup's copy of the uploads, in `backups/`; undefined where it has none */
export async function restoreUploads(copy: Copy, directory: string | undefined, step: Step): Promise<void> {
  const target = join(copy.directory, 'uploads')
  mkdirSync(target, { recursive: true })
  if (directory === undefined) return step.skip('the backup has none')
  const from = join(backupDirectory(copy.original), directory)
  const { files } = await copyTree(from, target, { signal: copy.site.run.signal })
  step.note(count(files, 'file'))
}

/** What the backend is given: its own settings, which lead to the copy's `db` and to nothing else. */
const backendOptions = (copy: Copy): string[] => [
  ...['--env-file', join(copy.original.directory, '.env.backend')],
  ...['--volume', `${join(copy.directory, 'uploads')}:/app/uploads`],
]

/** Brings the restored schema to the version that is to be started. */
export async function migrate(copy: Copy, images: Images, step: Step): Promise<void> {
  const { name, original, site } = copy
  const before = await schemaRevision(site.project)
  const options = ['--name', migrationsOf(copy), '--network', name, ...backendOptions(copy)]
  const entrypoint = ['--entrypoint', 'alembic'] // and not the image's, which may do more than this
  const container = [...applicationLimits, ...options, ...entrypoint, images.backend]
  const command = ['docker', 'run', '--rm', ...container, 'upgrade', 'head']
  const ran = await attempt(command, { timeout: original.timeouts.migrate, signal: site.run.signal })
  if (!ran.ok)
    throw new Failure({
      what: 'the migrations failed',
      detail: lastLines(ran.stderr, 8) || commandFailed(command, ran).what,
    })
  const after = await schemaRevision(site.project)
  step.note(before === after ? `none pending, ${showRevision(after)}` : `now at ${showRevision(after)}`)
}

export async function startApplication(copy: Copy, images: Images): Promise<void> {
  await startContainer(copy, 'backend', images.backend, backendOptions(copy))
  await startContainer(copy, 'frontend', images.frontend, [])
}

/** Until the tests pass or the time is over: the copy's containers have no health checks of their own. */
export async function testApplication({ original, site }: Copy): Promise<void> {
  const deadline = Date.now() + original.timeouts.healthy
  for (;;) {
    const containers = await site.project.containers()
    for (const container of containers) {
      const condition = conditionOf(container)
      if (condition.is === 'failed')
        throw new Failure({
          what: `the copy's ${container.service} ${condition.why}`,
          detail: redact(lastLines(await site.project.logs(container, 12), 12)),
        })
    }
    const addressOf = (part: string) => containers.find(({ service }) => service === part)?.addresses[0]
    try {
      return await smokeTest(
        original,
        ({ part, path }) => ({ url: `http://${addressOf(part)}:${part === 'backend' ? 8000 : 80}${path}` }),
        'the copy',
      )
    } catch (error) {
      if (!(error instanceof Failure) || Date.now() > deadline) throw error
      await sleep(300, site.run.signal)
    }
  }
}
