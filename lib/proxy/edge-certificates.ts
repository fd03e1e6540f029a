import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../base/command-text.ts'
import { Failure, type Problem, problemOf } from '../base/failure.ts'
import { readIfThere, writeAtomically } from '../base/files.ts'
import { isCode } from '../base/system-errors.ts'
import type { Domain, Edge } from '../environment/environment.ts'
import { type Certificate, findCertificates, parseCertificate } from './certificates.ts'
import { chooseCertificate } from './choose-certificate.ts'

/** The certificates' directory, and its list of them, as HAProxy sees it. */
const inside = '/certificates'
export const listInside = `${inside}/list.txt`
export const pathInside = (domain: string): string => `${inside}/${domain}.pem`

export const certificatesDirectory = (edge: Edge): string => join(edge.directory, 'edge', 'certificates')
const sources = (edge: Edge): string => join(edge.directory, 'ssl')
const fileOf = (edge: Edge, domain: string): string => join(certificatesDirectory(edge), `${domain}.pem`)

/** A domain's certificate as it is served, or why there is none. */
export interface Served {
  readonly domain: string
  readonly certificate: Certificate | undefined
}

/**
 * Looks for what certbot or acme.sh has left in `ssl`. A certificate that is served stays until there is one that works
 * and is worth as much. @returns what is to be served, and what a person should know of it.
 */
export function chooseCertificates(edge: Edge, domains: readonly Domain[], now = Date.now()) {
  const problems = new Map<string, Problem>() // each said once, though several domains may have it
  const served = domains.map(({ domain }) => {
    const before = servedCertificate(edge, domain)
    const found = lookFor(edge, domain, now)
    const chosen = chooseCertificate(domain, found.certificates, { served: before, now })
    const { certificate } = chosen
    const problem = certificate
      ? expiryProblem(domain, certificate.expires, { now, warning: edge.expiryWarning })
      : missing(edge, domain)
    for (const each of [...found.problems, ...chosen.problems, ...(problem ? [problem] : [])])
      problems.set(each.what, each)
    return { domain, certificate }
  })
  return { served, problems: [...problems.values()] }
}

/** What there is to say about a certificate that has expired or will within `warning` ms. */
export function expiryProblem(
  name: string,
  expires: number,
  { now, warning }: { now: number; warning: number },
): Problem | undefined {
  const date = new Date(expires).toISOString().slice(0, 10)
  const days = Math.floor(Math.abs(expires - now) / 86_400_000)
  const fix = `renew it (certbot renew, or acme.sh --cron), then: ${commandOf('deploy', 'shared')}`
  if (expires <= now)
    return { what: `the certificate of ${name} has expired, ${days} days ago (${date})`, fix }
  if (expires - now > warning) return undefined
  return { what: `the certificate of ${name} expires in ${days} days (${date})`, fix }
}

/** One file for each domain, certificate and key, for its owner alone, and the list of them. */
export function writeCertificates(edge: Edge, served: readonly Served[]): void {
  const directory = certificatesDirectory(edge)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700) // keys are in there
  const listed = served.flatMap(({ domain, certificate }) => {
    if (!certificate) return []
    if (readIfThere(fileOf(edge, domain)) !== certificate.pem)
      writeAtomically(fileOf(edge, domain), certificate.pem, 0o600)
    return [`${crtListLine(domain)}\n`]
  })
  writeAtomically(join(directory, 'list.txt'), listed.join(''), 0o600)
}

/** A certificate is served for its domain alone, also one that covers more names. */
export const crtListLine = (domain: string): string => `${pathInside(domain)} ${domain}`

/**
 * When the certificate that the edge serves for a domain expires (ms since 1970); undefined where there is none, or no
 * edge is installed on this machine.
 */
export function certificateExpiry(edge: Edge, domain: string): number | undefined {
  const isInstalled = readIfThere(join(certificatesDirectory(edge), 'list.txt')) !== undefined
  return isInstalled ? servedCertificate(edge, domain)?.expires : undefined
}

function servedCertificate(edge: Edge, domain: string): Certificate | undefined {
  const text = readIfThere(fileOf(edge, domain))
  return text === undefined ? undefined : parseCertificate(text, fileOf(edge, domain))
}

function lookFor(edge: Edge, domain: string, now: number): ReturnType<typeof findCertificates> {
  try {
    return findCertificates(sources(edge), domain, now)
  } catch (error) {
    if (!isCode(error, 'EACCES')) throw error
    throw new Failure({
      what: `the certificates in ${sources(edge)} cannot be read: ${problemOf(error).what}`,
      fix: `run this as the user who may, root for certbot: sudo ${commandOf('deploy', 'shared')}`,
    })
  }
}

const missing = (edge: Edge, domain: string): Problem => ({
  what: `there is no certificate for ${domain} in ${sources(edge)}: https is refused for it`,
  fix: `certbot certonly --webroot -w ${edge.directory}/acme --config-dir ${sources(edge)} -d ${domain}\nand then this again`,
})
