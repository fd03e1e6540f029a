import type { Problem } from '../../../base/failure.ts'
import { bytes } from '../../../base/text.ts'
import { type Container, conditionOf } from '../../../docker/containers.ts'
import { servicesOf } from '../../../docker/project.ts'
import type { Facts } from '../facts.ts'
import { valueIn } from '../known.ts'
import { span } from '../words.ts'
import { typed } from './typed.ts'

export function containers(facts: Facts): Problem[] {
  if (!facts.containers.known)
    return [{ what: `the containers cannot be listed: ${facts.containers.why}`, fix: 'docker ps' }]
  const { onDisk } = facts.live
  const found = facts.containers.value
  const expected = ['db', 'proxy', ...(onDisk === null ? [] : servicesOf(onDisk))]
  const missing = expected.filter(name => !found.some(({ service }) => service === name))
  const idle = found.filter(({ service, status }) => !expected.includes(service) && status === 'running')
  return [
    ...(missing.length > 0
      ? [{ what: `${missing.join(', ')}: no container`, fix: typed(facts, 'up -d') }]
      : []),
    ...found
      .filter(({ service }) => expected.includes(service))
      .flatMap(one =>
        one.service === 'db' && facts.databaseTrouble ? [facts.databaseTrouble] : troubleOf(facts, one),
      ),
    ...(idle.length > 0 && facts.lock === undefined
      ? [
          {
            what: `${idle.map(({ service }) => service).join(', ')} runs, and users are on ${onDisk}`,
            fix: typed(facts, `stop ${idle.map(({ service }) => service).join(' ')}`),
          },
        ]
      : []),
  ]
}

function troubleOf(facts: Facts, container: Container): Problem[] {
  const { service, status } = container
  const condition = conditionOf(container)
  const up = facts.at - container.startedAt
  if (status === 'exited' || status === 'dead' || status === 'created')
    return [
      {
        what: `${service} ${condition.is === 'healthy' ? 'does not run' : condition.why}`,
        fix: typed(facts, 'up -d'),
      },
    ]
  if (condition.is === 'failed')
    return [{ what: `${service} ${condition.why}`, fix: typed(facts, `logs --tail 50 ${service}`) }]
  if (condition.is === 'starting' && up > facts.environment.timeouts.healthy)
    return [
      { what: `${service} ${condition.why}, after ${span(up)}`, fix: typed(facts, `restart ${service}`) },
    ]
  const usage = valueIn(facts.usage)?.get(container.id)
  if (usage && usage.memory / usage.memoryLimit > facts.environment.alarms.memory)
    return [
      {
        what: `${service} uses ${bytes(usage.memory)} of the ${bytes(usage.memoryLimit)} of memory that it may`,
        fix: `raise its limit in docker-compose.yml, or look for a leak: ${typed(facts, `logs --tail 50 ${service}`)}`,
      },
    ]
  return []
}
