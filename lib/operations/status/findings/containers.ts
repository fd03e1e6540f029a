import type { Problem } from '../../../base/failure.ts'
import { bytes } from '../../../base/text.ts'
import { type Container, conditionOf } from '../../../docker/containers.ts'
import { servicesOf } from '../../../docker/project.ts'
import { type Facts, valueIn } from '../facts.ts'
import { span, typed } from '../words.ts'

export function* containers(facts: Facts): Iterable<Problem> {
  if (!facts.containers.known)
    return yield { what: `the containers cannot be listed: ${facts.containers.why}`, fix: 'docker ps' }
  const { onDisk } = facts.live
  const found = facts.containers.value
  const expected = ['db', 'proxy', ...(onDisk === null ? [] : servicesOf(onDisk))]
  const missing = expected.filter(name => !found.some(({ service }) => service === name))
  if (missing.length > 0) yield { what: `${missing.join(', ')}: no container`, fix: typed(facts, 'up -d') }
  for (const one of found.filter(({ service }) => expected.includes(service))) {
    if (one.service === 'db' && facts.databaseTrouble) yield facts.databaseTrouble
    else yield* troubleOf(facts, one)
  }
  const idle = found
    .filter(({ service, status }) => !expected.includes(service) && status === 'running')
    .map(({ service }) => service)
  if (idle.length > 0 && facts.lock === undefined)
    yield {
      what: `${idle.join(', ')} runs, and users are on ${onDisk}`,
      fix: typed(facts, `stop ${idle.join(' ')}`),
    }
}

function* troubleOf(facts: Facts, container: Container): Iterable<Problem> {
  const { service, status } = container
  const condition = conditionOf(container)
  const up = facts.at - container.startedAt
  const usage = valueIn(facts.usage)?.get(container.id)
  const log = typed(facts, `logs --tail 50 ${service}`)
  if (status === 'exited' || status === 'dead' || status === 'created')
    yield {
      what: `${service} ${condition.is === 'healthy' ? 'does not run' : condition.why}`,
      fix: typed(facts, 'up -d'),
    }
  else if (condition.is === 'failed') yield { what: `${service} ${condition.why}`, fix: log }
  else if (condition.is === 'starting' && up > facts.environment.timeouts.healthy)
    yield { what: `${service} ${condition.why}, after ${span(up)}`, fix: typed(facts, `restart ${service}`) }
  else if (usage && usage.memory / usage.memoryLimit > facts.environment.alarms.memory)
    yield {
      what: `${service} uses ${bytes(usage.memory)} of the ${bytes(usage.memoryLimit)} of memory that it may`,
      fix: `raise its limit in docker-compose.yml, or look for a leak: ${log}`,
    }
}
