import { join } from 'node:path'
import { Failure } from '../../base/failure.ts'
import type { Target } from '../../base/http.ts'
import { redact } from '../../base/redact.ts'
import { attempt, commandFailed } from '../../base/shell.ts'
import { lastLines } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import { schemaRevision, showRevision } from '../../database/database.ts'
import { type Container, conditionOf } from '../../docker/containers.ts'
import { applicationLimits } from '../../docker/throwaway.ts'
import type { SmokeTest } from '../../environment/environment.ts'
import type { Images } from '../../environment/releases.ts'
import { type Site, smokeTest } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { type Copy, migrationsOf, startContainer } from './copy.ts'
import { uploadsOf } from './data.ts'

/** What the backend is given: its own settings, which lead to the copy's `db` and to nothing else. */
const backendOptions = (copy: Copy): string[] => [
  ...['--env-file', join(copy.original.directory, '.env.backend')],
  ...['--volume', `${uploadsOf(copy)}:/app/uploads`],
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
    for (const container of containers) await demandRunning(site, container)
    const target = ({ part, path }: SmokeTest): Target => {
      const address = containers.find(({ service }) => service === part)?.addresses[0]
      return { url: `http://${address}:${part === 'backend' ? 8000 : 80}${path}` }
    }
    try {
      return await smokeTest(original, target, 'the copy')
    } catch (error) {
      if (!(error instanceof Failure) || Date.now() > deadline) throw error
      await sleep(300, site.run.signal)
    }
  }
}

async function demandRunning({ project }: Site, container: Container): Promise<void> {
  const condition = conditionOf(container)
  if (condition.is === 'failed')
    throw new Failure({
      what: `the copy's ${container.service} ${condition.why}`,
      detail: redact(lastLines(await project.logs(container, 12), 12)),
    })
}
