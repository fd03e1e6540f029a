import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure, type Problem, problemOf } from '../base/failure.ts'
import { namesIn, readIfThere } from '../base/files.ts'

/** A certificate with its chain and its key, as one text that HAProxy reads, and the file where it was found. */
export type Certificate = Readonly<ReturnType<typeof parseCertificate>>

/**
 * Looks for a domain's certificates as certbot (`live/<name>/fullchain.pem`, `privkey.pem`), acme.sh
 * (`<name>_ecc/fullchain.cer`, `<name>.key`) or a person (`<name>.pem` with everything; `<name>.crt`, `<name>.key`;
 * `cert.pem`, `key.pem`) leaves them.
 * @returns those that have begun, and what is wrong with those that cannot be used.
 */
export function findCertificates(directory: string, domain: string, now: number) {
  const problems: Problem[] = []
  const certificates = pairsIn(directory).flatMap(pair => {
    try {
      const certificate = readPair(pair)
      return coversNow(certificate, domain, now) ? [certificate] : []
    } catch (error) {
      const { what, fix = 'put files there that belong together' } = problemOf(error)
      problems.push({ what: `${pair.certificate}: ${what}`, fix })
      return []
    }
  })
  return { certificates, problems }
}

export function parseCertificate(pem: string, file: string) {
  const certificate = new X509Certificate(pem)
  return {
    pem,
    /** SHA-256 of the certificate itself, as `openssl x509 -fingerprint` shows it. */
    fingerprint: certificate.fingerprint256,
    /** Milliseconds since 1970. */
    begins: Date.parse(certificate.validFrom),
    expires: Date.parse(certificate.validTo),
    file,
  }
}

/** @throws Error when the two do not belong together or are no certificate and key. */
function readPair(pair: Pair): Certificate {
  const blocks = blocksOf(readIfThere(pair.certificate) ?? '')
  const chain = blocks.filter(block => block.includes('BEGIN CERTIFICATE-----'))
  const [first] = chain
  if (!first) throw new Error('there is no certificate in it')
  const key = blocksOf(readIfThere(pair.key) ?? '').find(block => block.includes('PRIVATE KEY'))
  if (!key) throw new Error(`there is no private key in ${pair.key}`)
  const secret = keyFrom(key, pair.key)
  // Some put their authority's certificate first; HAProxy and browsers want the one that the key belongs to there.
  const own = chain.find(block => new X509Certificate(block).checkPrivateKey(secret))
  if (!own) throw new Error(`the key in ${pair.key} belongs to another certificate`)
  const ordered = [own, ...chain.filter(block => block !== own)]
  return parseCertificate(`${[...ordered, key].join('\n')}\n`, pair.certificate)
}

/** @throws Failure for a key that only its passphrase opens: HAProxy starts where nobody can type one. */
function keyFrom(text: string, file: string): KeyObject {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text))
    throw new Failure({
      what: `the key in ${file} is encrypted, and nobody is there to type its passphrase`,
      fix: `openssl pkey -in ${file} -out ${file}.open && mv ${file}.open ${file}  takes the passphrase off`,
    })
  return createPrivateKey(text)
}

/** The blocks of a PEM text, without blank lines: HAProxy's runtime socket ends a certificate at the first of them. */
const blocksOf = (text: string): string[] =>
  [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g)].map(([block]) =>
    block
      .split(/\r?\n/)
      .map(line => line.trim())
      .filter(line => line !== '')
      .join('\n'),
  )

/** @throws Failure for one that has the domain's name where browsers do not look any more (RFC 9525). */
function coversNow({ pem, begins }: Certificate, domain: string, now: number): boolean {
  const certificate = new X509Certificate(pem)
  if (begins > now || certificate.checkHost(domain) === undefined) return false
  if (certificate.checkHost(domain, { subject: 'never' }) !== undefined) return true
  throw new Failure({
    what: `${domain} stands in its subject (CN) alone, and not among its alternative names (SAN): browsers refuse it`,
    fix: `have one issued with subjectAltName=DNS:${domain}`,
  })
}

/** A certificate's file and its key's, which may be the same. */
interface Pair {
  readonly certificate: string
  readonly key: string
}

/** Where certbot, acme.sh and people leave certificates, below a directory. @throws where it may not be read. */
function pairsIn(directory: string): Pair[] {
  const live = join(directory, 'live')
  return [...filesIn(directory), ...[live, directory].flatMap(subdirectoriesOf).flatMap(filesIn)]
}

/** Every certificate in a directory that has a key beside it, or in it. */
function filesIn(directory: string): Pair[] {
  const names = namesOf(directory)
  return names.flatMap(name => {
    const key = keyOf(name, names, basename(directory).replace(/_ecc$/, ''))
    const pair = { certificate: join(directory, name), key: join(directory, key ?? '') }
    return key !== undefined && names.includes(key) && (key !== name || hasBoth(pair.key)) ? [pair] : []
  })
}

/** Where the key of a file is by the custom of those who write it; undefined for a file that is none of theirs. */
function keyOf(name: string, names: readonly string[], domain: string): string | undefined {
  if (name === 'fullchain.pem') return 'privkey.pem'
  if (name === 'fullchain.cer') return `${domain}.key`
  if (names.includes('fullchain.pem') || names.includes('fullchain.cer')) return undefined // parts of the chain
  if (/\.(crt|cer)$/.test(name)) return name.replace(/\.\w+$/, '.key')
  if (!name.endsWith('.pem')) return undefined
  const stem = name.slice(0, -'.pem'.length)
  const beside = [`${stem}.key`, `${stem}-key.pem`, `${stem}.key.pem`, ...(stem === 'cert' ? keysOfCert : [])]
  return beside.find(key => names.includes(key)) ?? name
}

/** What people call the key of a `cert.pem`. */
const keysOfCert = ['key.pem', 'privkey.pem']

const hasBoth = (file: string): boolean => {
  const text = readIfThere(file) ?? ''
  return text.includes('BEGIN CERTIFICATE-----') && text.includes('PRIVATE KEY-----')
}

const subdirectoriesOf = (directory: string): string[] =>
  namesOf(directory)
    .map(name => join(directory, name))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isDirectory())

/** None where there is no such directory. @throws where it may not be read: certbot's is root's alone. */
const namesOf = (directory: string): string[] => namesIn(directory, 'ENOTDIR').sort()
