import type { Problem } from '../../../base/failure.ts'
import { count, duration } from '../../../base/text.ts'
import type { Facts } from '../facts.ts'
import { valueIn } from '../known.ts'
import { span } from '../words.ts'
import { repairing, typed } from './typed.ts'

export function users(facts: Facts): Problem[] {
  const traffic = valueIn(facts.traffic)
  const isFailing = traffic && traffic.now.errors >= 5 && traffic.now.errors / traffic.now.requests > 0.05
  const live = facts.live.onDisk
  return [
    ...(facts.users.known
      ? []
      : [
          {
            what: `users are not served as they should be: ${facts.users.why}`,
            detail: facts.users.detail,
            fix: typed(facts, `logs --tail 50 ${live === null ? '' : `backend-${live}`}`.trim()),
          },
        ]),
    ...(isFailing
      ? [
          {
            what: `${traffic.now.errors} of ${count(traffic.now.requests, 'request')} failed in the last ${duration(traffic.ms)}`,
            fix: typed(facts, `logs --tail 100 backend-${live ?? 'blue'}`),
          },
        ]
      : []),
  ]
}

export function proxy(facts: Facts): Problem[] {
  const { onDisk, served } = facts.live
  const runs = valueIn(facts.containers)?.some(
    ({ service, status }) => service === 'proxy' && status === 'running',
  )
  if (served === undefined)
    return runs
      ? [{ what: 'the proxy does not answer on its socket', fix: typed(facts, 'restart proxy') }]
      : []
  if (served !== onDisk)
    return [
      {
        what: `users are on ${served ?? 'nothing'}, and the map on disk says ${onDisk ?? 'nothing'}`,
        fix: `${repairing(facts)}  makes them agree`,
      },
    ]
  if (facts.release && facts.release.colour !== served && facts.lock === undefined)
    return [
      {
        what: `users are on ${served ?? 'nothing'}, and the history says ${facts.release.colour}`,
        fix: `${repairing(facts)}  makes them agree`,
      },
    ]
  return []
}

export const addresses = ({ failingAddresses }: Facts): Problem[] =>
  [...failingAddresses].map(([url, why]) => ({
    what: `${url} ${why}`,
    fix: `curl -v ${url}  shows whether it is DNS, the certificate, the edge or the application`,
  }))

export function certificates({ environment, at, certificates: found }: Facts): Problem[] {
  return found.flatMap(answer => {
    if (!answer.known) return []
    const left = answer.value.until - at
    if (left > environment.alarms.certificate) return []
    const when = left < 0 ? `ended ${span(-left)} ago` : `ends in ${span(left)}`
    return [
      {
        what: `the certificate of ${answer.value.where} ${when}`,
        fix: 'renew it: the timer or cron job of your ACME client has not',
      },
    ]
  })
}
