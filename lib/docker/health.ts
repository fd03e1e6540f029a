import { Failure } from '../base/failure.ts'
import { redact } from '../base/redact.ts'
import { duration, lastLines } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import type { Step } from '../run/step.ts'
import { type Condition, type Container, conditionOf } from './containers.ts'
import { databaseTrouble } from './database-trouble.ts'
import type { Project, ServiceName } from './project.ts'

/**
 * Whether a container can serve right now. The engine runs a health check at its interval only, which is long so
 * that it costs the machine little; the check of one that is still starting is run at once, and as often as asked.
 */
export async function conditionNow(project: Project, container: Container): Promise<Condition> {
  const condition = conditionOf(container)
  const isUp = condition.is === 'starting' && container.status === 'running'
  return isUp && (await project.passesHealthCheck(container)) ? { is: 'healthy' } : condition
}

interface Waiting {
  readonly timeout?: number
  readonly step: Step
  readonly signal?: AbortSignal | undefined
  /** What they need has just come back: one that the engine calls unhealthy is asked, as one that is starting. */
  readonly recovering?: boolean
}

/**
 * Waits until every container of the given services is healthy, each by its own id.
 * @param waiting for as long as the settings say, unless told (ms)
 * @throws Failure as soon as one cannot become healthy, or at the timeout, with its reason and its last log lines.
 */
export async function waitUntilHealthy(
  project: Project,
  services: readonly ServiceName[],
  { timeout = project.environment.timeouts.healthy, step, signal, recovering = false }: Waiting,
): Promise<void> {
  const started = Date.now()
  for (;;) {
    const containers = await project.containers(services)
    const waiting: string[] = []
    for (const service of services) {
      const container = containers.find(found => found.service === service)
      if (!container) throw new Failure({ what: `${service} has no container` })
      const isRecovering = recovering && container.health === 'unhealthy'
      const condition = await conditionNow(
        project,
        isRecovering ? { ...container, health: 'starting' } : container,
      )
      if (condition.is === 'failed') throw await unhealthy(project, container, condition.why)
      if (condition.is === 'starting') waiting.push(service)
      if (condition.is === 'starting' && Date.now() - started > timeout)
        throw await unhealthy(project, container, `had ${duration(timeout)} and ${condition.why}`)
    }
    if (waiting.length === 0) return
    step.progress(`waiting for ${waiting.join(', ')}`)
    await sleep(300, signal)
  }
}

/**
 * @throws Failure when a container is not healthy right now, or was restarted since `before` was read.
 */
export async function checkStillHealthy(project: Project, before: readonly Container[]): Promise<void> {
  const now = await project.containers()
  for (const { id, service, restarts } of before) {
    const container = now.find(found => found.id === id)
    if (!container) throw new Failure({ what: `the container of ${service} is gone` })
    const condition = await conditionNow(project, container)
    if (condition.is !== 'healthy') throw await unhealthy(project, container, condition.why)
    if (container.restarts > restarts) throw await unhealthy(project, container, 'crashed and was restarted')
  }
}

async function unhealthy(project: Project, container: Container, why: string): Promise<Failure> {
  const said = await project.logs(container, 50)
  const lines = lastLines(said, 12)
  const isDatabase = container.service === 'db'
  const trouble = isDatabase ? databaseTrouble(said, project.environment) : undefined
  return new Failure({
    what: trouble?.what ?? `${container.service} ${why}`,
    detail: trouble?.detail ?? (lines ? `the end of its log:\n${redact(lines)}` : 'it has logged nothing'),
    fix:
      trouble?.fix ??
      (isDatabase ? 'fix what its log says' : 'fix what its log says, build again and deploy'),
  })
}
