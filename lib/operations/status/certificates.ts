import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { Failure } from '../../base/failure.ts'
import { isCode } from '../../base/system-errors.ts'
import { ask, type Known } from './facts.ts'

export type Certificate = Readonly<ReturnType<typeof described>>

/** The certificates that users see at these addresses, and those in the directory that both environments share. */
export async function certificatesOf(
  urls: readonly string[],
  directory: string,
  timeout: number,
): Promise<Known<Certificate>[]> {
  const hosts = new Set(urls.filter(url => url.startsWith('https:')).map(url => new URL(url).host))
  const shown = [...hosts].map(host => ask(() => served(host, timeout)))
  const files = certificateFiles(directory).map(file => ask(() => inFile(file)))
  return Promise.all([...shown, ...files])
}

/** The certificate that a host shows. Whether it is to be trusted is not asked here: an expired one is shown, too. */
function served(host: string, timeout: number): Promise<Certificate> {
  const [name = '', port = '443'] = host.split(':')
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Failure({ what: `the certificate of ${host} cannot be seen: ${why}` }))
    const socket = connect({ host: name, port: Number(port), servername: name, rejectUnauthorized: false })
    socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout} ms`)))
    socket.on('error', error => fail(error.message))
    socket.on('secureConnect', () => {
      const raw = socket.getPeerX509Certificate()
      socket.destroy()
      if (raw) resolve(described(`${name}:${port}`, raw))
      else fail('it shows none')
    })
  })
}

const described = (where: string, certificate: X509Certificate) => ({
  /** `tracehub.example:443`, or the file that it is in. */
  where,
  /** What it is for: its first names. */
  names: (certificate.subjectAltName ?? certificate.subject).replaceAll('DNS:', '').slice(0, 80),
  /** When it ends, in ms since 1970. */
  until: Date.parse(certificate.validTo),
})

/** Only what is there and can be read: the toolkit may have none of its own. Keys are not opened. */
function certificateFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter(name => /\.(pem|crt|cer)$/.test(name) && !/key|chain\.pem$/.test(name.replace('fullchain', '')))
      .sort()
      .map(name => join(directory, name))
  } catch (error) {
    if (isCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return []
    throw error
  }
}

function inFile(file: string): Certificate {
  try {
    return described(file, new X509Certificate(readFileSync(file)))
  } catch (error) {
    throw new Failure({
      what: `${file} cannot be read as a certificate: ${error instanceof Error ? error.message : error}`,
    })
  }
}
