import { Failure, type Problem } from '../base/failure.ts'
import { get } from '../base/http.ts'
import type { Environment } from '../environment/environment.ts'
import { loadEdge } from '../environment/settings.ts'
import { expiryProblem } from '../proxy/certificates.ts'
import { certificateExpiry } from '../proxy/edge-certificates.ts'

const days = 86_400_000
/** Certificates that expire sooner are warned of, unless the edge's settings say otherwise (ms). */
const warning = 21 * days

/**
 * What there is to say about the certificates that an environment's users meet: those that its external checks meet,
 * whoever holds them, and that of the edge on this machine.
 */
export async function expiringCertificates(environment: Environment, now = Date.now()): Promise<Problem[]> {
  const expiry = new Map<string, number>()
  const edge = await loadEdge()
  const atTheEdge = edge && certificateExpiry(edge, [environment.domain]).get(environment.domain)
  if (atTheEdge !== undefined) expiry.set(environment.domain, atTheEdge)
  for (const url of new Map(environment.externalChecks.map(url => [new URL(url).host, url])).values()) {
    const met = url.startsWith('https:') ? await certificateMet(environment, url) : undefined
    if (met !== undefined) expiry.set(new URL(url).hostname, met)
  }
  return [...expiry].flatMap(
    ([name, expires]) => expiryProblem(name, expires, { now, warning: edge?.expiryWarning ?? warning }) ?? [],
  )
}

/** When the certificate at an address expires; undefined where none is met, or none that is valid: the check says so. */
async function certificateMet(environment: Environment, url: string): Promise<number | undefined> {
  try {
    const { certificate } = await get(
      { url, route: environment.externalAccess },
      environment.timeouts.request,
    )
    return certificate && Date.parse(certificate.validTo)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}
