import { X509Certificate } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { ensurePrograms } from '../apt.ts'
import { print } from '../progress.ts'

interface Wanted {
  /** Where the certificate and its chain go, and where the key goes: into the same file if it is the same. */
  readonly certificate: string
  readonly key: string
  /** How long it is valid from now on; a negative number makes one that has expired so long ago. */
  readonly days: number
  /** As it was done before 2017: the name stands where browsers do not look any more. */
  readonly inSubjectAlone?: boolean
}

/** A certificate authority of our own, made with openssl. */
export class Authority {
  /** The file with its certificate: whom clients have to trust. */
  readonly file: string
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
    this.file = join(directory, 'ca.pem')
  }

  static async in(directory: string, subject = '/CN=Sandbox CA'): Promise<Authority> {
    mkdirSync(directory, { recursive: true })
    await ensurePrograms(print, { openssl: ['openssl'] })
    const ca = new Authority(directory)
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      ca.#in('ca.key'),
    ]
    await run(['openssl', 'req', '-x509', ...key, '-out', ca.file, '-days', '3650', '-subj', subject])
    return ca
  }

  async issue(domain: string, { certificate, key, days, inSubjectAlone }: Wanted): Promise<void> {
    const made = mkdtempSync(this.#in('issue-'))
    const file = (name: string): string => join(made, name)
    const keyOptions = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('key'),
    ]
    await run(['openssl', 'req', ...keyOptions, '-out', file('request'), '-subj', `/CN=${domain}`])
    const names = inSubjectAlone ? 'basicConstraints=CA:FALSE' : `subjectAltName=DNS:${domain}`
    appendFileSync(file('extensions'), `${names}\n`)
    await run([
      ...['openssl', 'x509', '-req', '-in', file('request'), '-out', file('certificate'), '-CAcreateserial'],
      ...[
        '-CA',
        this.file,
        '-CAkey',
        this.#in('ca.key'),
        '-days',
        String(days),
        '-extfile',
        file('extensions'),
      ],
    ])
    appendFileSync(file('certificate'), `\n${readFileSync(this.file, 'utf8')}`)
    if (certificate === key) appendFileSync(file('certificate'), readFileSync(file('key')))
    for (const path of [certificate, key]) mkdirSync(dirname(path), { recursive: true })
    if (certificate !== key) renameSync(file('key'), key)
    renameSync(file('certificate'), certificate)
    rmSync(made, { recursive: true })
  }

  /** The SHA-1 of a certificate as HAProxy writes it. */
  fingerprint(file: string): string {
    return new X509Certificate(readFileSync(file)).fingerprint.replaceAll(':', '')
  }

  #in(name: string): string {
    return join(this.#directory, name)
  }
}
