import { Failure, type Problem, problemOf } from '../base/failure.ts'
import { ask } from '../base/http.ts'
import { count } from '../base/text.ts'
import type { Environment } from '../environment/environment.ts'
import { loadEdge } from '../environment/settings.ts'
import { certificateExpiry, expiryProblem } from '../proxy/edge-certificates.ts'
import type { Site } from '../proxy/site.ts'
import type { Step } from '../run/step.ts'

/** Certificates that expire sooner are warned of, unless the edge's settings say otherwise (ms): three weeks. */
const warning = 21 * 86_400_000

/** What the addresses that users use come to, asked from outside. */
async function lookFromOutside({ environment }: Pick<Site, 'environment'>) {
  const { externalChecks, externalAccess, timeouts } = environment
  /** Those that do not answer 200, with the reason. */
  const failing = new Map<string, string>()
  /** When the certificates that were met expire (ms since 1970), by the host's name; none that is not valid. */
  const expiry = new Map<string, number>()
  await Promise.all(
    externalChecks.map(async url => {
      try {
        const { status, certificate } = await ask({ url, route: externalAccess }, timeouts.request)
        if (status !== 200) failing.set(url, `answers ${status}`)
        if (certificate) expiry.set(new URL(url).hostname, Date.parse(certificate.validTo))
      } catch (error) {
        failing.set(url, problemOf(error).what)
      }
    }),
  )
  return { failing, expiry }
}

/** The addresses that do not answer, with the reason. */
export const failingAddresses = async (site: Pick<Site, 'environment'>): Promise<Map<string, string>> =>
  (await lookFromOutside(site)).failing

/**
 * The very last check. An address that failed before the deploy, too, is not the new version's fault: a warning.
 * @throws Failure when one fails that answered before.
 */
export async function checkFromOutside(site: Site, failedBefore: ReadonlyMap<string, string>, step: Step) {
  const { environment, run } = site
  const { failing, expiry } = await lookFromOutside(site)
  for (const problem of await expiring(environment, expiry)) run.warn(problem)
  const total = environment.externalChecks.length
  if (total === 0) return step.skip('none are set for this environment')
  const listed = (urls: string[]): string => urls.map(url => `${url} ${failing.get(url)}`).join('\n')
  const fresh = [...failing.keys()].filter(url => !failedBefore.has(url))
  if (fresh.length > 0) throw new Failure({ what: 'the external health check failed', detail: listed(fresh) })
  if (failing.size > 0)
    run.warn({
      what: `${count(failing.size, 'external check')} failed before this deploy and still fails`,
      detail: listed([...failing.keys()]),
      fix: 'look at DNS, the certificate and the TLS edge: the version itself answers',
    })
  step.note(`${total - failing.size} of ${total} answer`)
}

/** What there is to say about the certificates that users meet: of the addresses, and of the edge on this machine. */
async function expiring({ domain }: Environment, met: ReadonlyMap<string, number>): Promise<Problem[]> {
  const edge = await loadEdge()
  const atTheEdge = edge && certificateExpiry(edge, domain)
  const all = new Map([...(atTheEdge === undefined ? [] : [[domain, atTheEdge] as const]), ...met])
  return [...all].flatMap(
    ([name, expires]) =>
      expiryProblem(name, expires, { now: Date.now(), warning: edge?.expiryWarning ?? warning }) ?? [],
  )
}
