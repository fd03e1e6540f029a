import type { Problem } from '../../../base/failure.ts'
import { bytes, count, duration } from '../../../base/text.ts'
import { type Container, conditionOf } from '../../../docker/containers.ts'
import { servicesOf } from '../../../docker/project.ts'
import { type Facts, valueIn } from '../facts.ts'
import { repairing, span, typed } from '../words.ts'

export function* users(facts: Facts): Iterable<Problem> {
  const live = facts.live.onDisk
  if (!facts.users.known)
    yield {
      what: `users are not served as they should be: ${facts.users.why}`,
      detail: facts.users.detail,
      fix: typed(facts, `logs --tail 50 ${live === null ? '' : `backend-${live}`}`.trim()),
    }
  const traffic = valueIn(facts.traffic)
  if (traffic && traffic.now.errors >= 5 && traffic.now.errors / traffic.now.requests > 0.05)
    yield {
      what: `${traffic.now.errors} of ${count(traffic.now.requests, 'request')} failed in the last ${duration(traffic.ms)}`,
      fix: typed(facts, `logs --tail 100 backend-${live ?? 'blue'}`),
    }
}

export function* proxy(facts: Facts): Iterable<Problem> {
  const { onDisk, served } = facts.live
  const agree = `${repairing(facts)}  makes them agree`
  const where = `users are on ${served ?? 'nothing'}, and the`
  if (served === undefined) {
    if (isRunning(facts, 'proxy'))
      yield { what: 'the proxy does not answer on its socket', fix: typed(facts, 'restart proxy') }
  } else if (served !== onDisk) yield { what: `${where} map on disk says ${onDisk ?? 'nothing'}`, fix: agree }
  else if (facts.release && facts.release.colour !== served && facts.lock === undefined)
    yield { what: `${where} history says ${facts.release.colour}`, fix: agree }
}

export const isRunning = ({ containers }: Facts, name: string): boolean =>
  (valueIn(containers) ?? []).some(({ service, status }) => service === name && status === 'running')

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

export function* addresses({ failingAddresses }: Facts): Iterable<Problem> {
  for (const [url, why] of failingAddresses)
    yield {
      what: `${url} ${why}`,
      fix: `curl -v ${url}  shows whether it is DNS, the certificate, the edge or the application`,
    }
}

export function* certificates({ environment, at, certificates: found }: Facts): Iterable<Problem> {
  for (const { until, where } of found.flatMap(answer => valueIn(answer) ?? [])) {
    const left = until - at
    if (left > environment.alarms.certificate) continue
    const when = left < 0 ? `ended ${span(-left)} ago` : `ends in ${span(left)}`
    yield {
      what: `the certificate of ${where} ${when}`,
      fix: 'renew it: the timer or cron job of your ACME client has not',
    }
  }
}
