import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Problem, problemOf } from './failure.ts'
import { isCode, readIfThere } from './files.ts'

/** A certificate with its chain and its key, as one text that HAProxy reads. */
export interface Certificate {
  readonly pem: string
  /** SHA-256 of the certificate itself, as `openssl x509 -fingerprint` shows it. */
  readonly fingerprint: string
  /** Milliseconds since 1970. */
  readonly begins: number
  readonly expires: number
  /** Where it was found. */
  readonly file: string
}

/**
 * Looks for a domain's certificate as certbot (`live/<name>/fullchain.pem`, `privkey.pem`), acme.sh
 * (`<name>_ecc/fullchain.cer`, `<name>.key`) or a person (`<name>.pem` with everything; `<name>.crt`, `<name>.key`)
 * leaves it. Of several the one that is valid longest counts, whatever it is called.
 * @returns also what is wrong with those that cannot be used.
 */
export function findCertificate(
  directory: string,
  domain: string,
  now: number,
): { certificate: Certificate | undefined; problems: Problem[] } {
  const problems: Problem[] = []
  const found = pairsIn(directory).flatMap(pair => {
    try {
      const certificate = readPair(pair)
      return certificate && covers(certificate, domain) && certificate.begins <= now ? [certificate] : []
    } catch (error) {
      problems.push({ what: `${pair.certificate}: ${problemOf(error).what}` })
      return []
    }
  })
  return { certificate: found.sort((a, b) => a.expires - b.expires).at(-1), problems }
}

/** What there is to say about a certificate that has expired or will within `warning` ms. */
export function expiryProblem(
  name: string,
  expires: number,
  { now, warning }: { now: number; warning: number },
): Problem | undefined {
  const date = new Date(expires).toISOString().slice(0, 10)
  const days = Math.floor(Math.abs(expires - now) / 86_400_000)
  const fix = 'renew it (certbot renew, or acme.sh --cron), then: npx tsx scripts/deploy.ts -e shared'
  if (expires <= now)
    return { what: `the certificate of ${name} has expired, ${days} days ago (${date})`, fix }
  if (expires - now > warning) return undefined
  return { what: `the certificate of ${name} expires in ${days} days (${date})`, fix }
}

export function parseCertificate(text: string, file: string): Certificate {
  const certificate = new X509Certificate(text)
  return {
    pem: text,
    fingerprint: certificate.fingerprint256,
    begins: Date.parse(certificate.validFrom),
    expires: Date.parse(certificate.validTo),
    file,
  }
}

interface Pair {
  readonly certificate: string
  readonly key: string
}

function pairsIn(directory: string): Pair[] {
  const live = join(directory, 'live')
  return [...filesIn(directory), ...[live, directory].flatMap(subdirectoriesOf).flatMap(filesIn)]
}

/** Every certificate in a directory that has a key beside it, or in it. */
function filesIn(directory: string): Pair[] {
  const names = namesIn(directory)
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
  return name.endsWith('.pem') ? name : undefined
}

const hasBoth = (file: string): boolean => {
  const text = readIfThere(file) ?? ''
  return text.includes('BEGIN CERTIFICATE-----') && text.includes('PRIVATE KEY-----')
}

const subdirectoriesOf = (directory: string): string[] =>
  namesIn(directory)
    .map(name => join(directory, name))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isDirectory())

/** Empty where there is no such directory. @throws where it may not be read: certbot's is root's alone. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** @throws Error when the two do not belong together or are no certificate and key. */
function readPair(pair: Pair): Certificate | undefined {
  const blocks = blocksOf(readIfThere(pair.certificate) ?? '')
  const chain = blocks.filter(block => block.includes('BEGIN CERTIFICATE-----'))
  const [first] = chain
  if (!first) throw new Error('there is no certificate in it')
  const key = blocksOf(readIfThere(pair.key) ?? '').find(block => block.includes('PRIVATE KEY'))
  if (!key) throw new Error(`there is no private key in ${pair.key}`)
  const certificate = new X509Certificate(first)
  if (!certificate.checkPrivateKey(createPrivateKey(key)))
    throw new Error(`the key in ${pair.key} belongs to another certificate`)
  return parseCertificate(`${[...chain, key].join('\n')}\n`, pair.certificate)
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

const covers = ({ pem }: Certificate, domain: string): boolean =>
  new X509Certificate(pem).checkHost(domain) !== undefined
