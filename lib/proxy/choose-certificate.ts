import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { Problem } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
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

/**
 * How much a certificate is worth to whoever looks at it: its chain leads to a root that this machine trusts; or
 * somebody else has issued it, a company's own authority perhaps; or it is of no use to users, being self-signed or of
 * a CA that is there for trials.
 */
type Standing = 'trusted' | 'issued' | 'for trials' | 'self-signed'

const worth: Readonly<Record<Standing, number>> = { trusted: 2, issued: 1, 'for trials': 0, 'self-signed': 0 }

const worthOf = (pem: string): number => worth[standingOf(pem)]

/** Let's Encrypt's staging CA calls itself so (letsencrypt.org/docs/staging-environment), and did before as "Fake LE". */
const forTrials = /\(STAGING\)|Fake LE|Pebble/

/** @param pem the certificate, then its chain. Dates are not looked at. */
function standingOf(pem: string): Standing {
  const [leaf, ...chain] = chainOf(pem)
  if (!leaf) throw new Error('there is no certificate in it')
  if (issued(leaf, leaf)) return 'self-signed'
  if ([leaf, ...chain].some(({ issuer }) => forTrials.test(issuer))) return 'for trials'
  return isTrusted(leaf, chain) ? 'trusted' : 'issued'
}

/** Who stands behind a certificate, by name: an authority changes its intermediate certificates, and stays the same. */
function authorityOf(pem: string): string {
  const { issuer } = new X509Certificate(pem)
  const [, name] = /^O=(.+)$/m.exec(issuer) ?? /^CN=(.+)$/m.exec(issuer) ?? []
  return name ?? issuer
}

const chainOf = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    text => new X509Certificate(text),
  )

const issued = (one: X509Certificate, by: X509Certificate): boolean =>
  one.checkIssued(by) && one.verify(by.publicKey)

function isTrusted(leaf: X509Certificate, chain: readonly X509Certificate[]): boolean {
  const seen = new Set<X509Certificate>()
  for (let one: X509Certificate | undefined = leaf; one && !seen.has(one); ) {
    const current: X509Certificate = one
    seen.add(current)
    if ((roots().get(current.issuer) ?? []).some(root => issued(current, root))) return true
    one = chain.find(next => issued(current, next))
  }
  return false
}

/** Debian's and Red Hat's places for what the machine trusts, a company's own authority included. */
const bundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt']

let known: { readonly of: string; readonly roots: ReadonlyMap<string, X509Certificate[]> } | undefined

/** By their subject: those of the machine, or of SSL_CERT_FILE as for OpenSSL, and those that Node has. */
function roots(): ReadonlyMap<string, readonly X509Certificate[]> {
  const of = process.env['SSL_CERT_FILE'] ?? ''
  if (known?.of !== of) {
    const files = (of ? [of] : bundles).map(file => readIfThere(file) ?? '')
    const found = new Map<string, X509Certificate[]>()
    for (const root of [...files.flatMap(chainOf), ...rootCertificates.flatMap(chainOf)])
      found.set(root.subject, [...(found.get(root.subject) ?? []), root])
    known = { of, roots: found }
  }
  return known.roots
}
