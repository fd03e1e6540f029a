import type { Problem } from '../base/failure.ts'
import { authorityOf, standingOf, worthOf } from './certificate-trust.ts'
import type { Certificate } from './certificates.ts'

/**
 * Which of a domain's certificates users get: of those that have not expired one that browsers trust before one of an
 * authority that only its own people know, and that before a self-signed one or one for trials; of equals, one of the
 * authority that users know already, then the one that is valid longest. Under HSTS nobody can click a wrong one away,
 * so a better one that is served stays, and every change of the authority is said.
 * @param served the one that users get now; candidates in the order in which they were found
 */
export function chooseCertificate(
  domain: string,
  candidates: readonly Certificate[],
  { served, now }: { served: Certificate | undefined; now: number },
): { certificate: Certificate | undefined; problems: Problem[] } {
  const isFit = (certificate: Certificate | undefined): certificate is Certificate =>
    (certificate?.expires ?? 0) > now
  const before = isFit(served) ? served : undefined
  const isKnown = ({ pem }: Certificate): boolean =>
    before !== undefined && standingOf(pem) === 'issued' && authorityOf(pem) === authorityOf(before.pem)
  const best = candidates
    .filter(isFit)
    .toSorted(
      (a, b) =>
        worthOf(b.pem) - worthOf(a.pem) || Number(isKnown(b)) - Number(isKnown(a)) || b.expires - a.expires,
    )[0]
  if (!best) {
    const newest = candidates.toSorted((a, b) => b.expires - a.expires)[0]
    return { certificate: before ?? newest ?? served, problems: [] }
  }
  const certificate = before && worthOf(before.pem) > worthOf(best.pem) ? before : best
  return {
    certificate,
    problems: [
      ...changed(domain, certificate, before),
      ...candidates.filter(isFit).flatMap(one => [...passedOver(domain, one, certificate)]),
      ...useless(domain, certificate),
    ],
  }
}

const kind = ({ pem }: Certificate): string => {
  const standing = standingOf(pem)
  return standing === 'self-signed'
    ? 'self-signed'
    : `of ${authorityOf(pem)}${standing === 'for trials' ? ', for trials' : ''}`
}

function* changed(domain: string, now: Certificate, before: Certificate | undefined): Iterable<Problem> {
  if (before && kind(now) !== kind(before))
    yield {
      what: `users of ${domain} get a certificate that is ${kind(now)} (${now.file}); the one until now is ${kind(before)}`,
      fix: 'if that is not meant: remove that file, and deploy the edge again',
    }
}

/** One that is valid longer, and still not used: whoever has put it there may wonder. */
function* passedOver(domain: string, one: Certificate, chosen: Certificate): Iterable<Problem> {
  if (one.expires > chosen.expires && kind(one) !== kind(chosen))
    yield {
      what: `${one.file} is not used for ${domain}, although it is valid longest: it is ${kind(one)}, and the one in use is ${kind(chosen)}`,
      fix: 'remove the one that is not meant',
    }
}

function* useless(domain: string, { pem }: Certificate): Iterable<Problem> {
  const standing = standingOf(pem)
  if (standing === 'trusted' || standing === 'issued') return
  const why = standing === 'self-signed' ? 'is self-signed' : `is one for trials, of ${authorityOf(pem)}`
  yield {
    what: `the certificate of ${domain} ${why}: browsers refuse it`,
    fix: 'put a real one there, and deploy the edge again',
  }
}
