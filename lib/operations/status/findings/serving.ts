import type { Problem } from '../../../base/failure.ts'
import { count, duration } from '../../../base/text.ts'
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
