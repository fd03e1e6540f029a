import ssh2 from 'ssh2'
import { readIfThere } from '../base/files.ts'
import { passedBySsh } from './host-key.ts'

/** The public halves of these keys: of a file that is one, or beside it as `.pub`, or inside it, encrypted or not. */
export function publicKeysIn(files: readonly string[]): string[] {
  return files.flatMap(file => {
    const texts = [`${file}.pub`, file].flatMap(each => readIfThere(each, ...passedBySsh) ?? [])
    for (const text of texts) {
      const parsed = ssh2.utils.parseKey(text)
      const key = Array.isArray(parsed) ? parsed[0] : parsed
      if (key !== undefined && !(key instanceof Error)) return [key.getPublicSSH().toString('base64')]
      const half = publicHalf(text)
      if (half) return [half]
    }
    return []
  })
}

/** In Base64, of a key in OpenSSH's own format, which encrypts the other half alone (PROTOCOL.key of OpenSSH). */
function publicHalf(text: string): string | undefined {
  const [, encoded] = /^-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/m.exec(text) ?? []
  const blob = Buffer.from(encoded ?? '', 'base64')
  let at = 'openssh-key-v1\0'.length
  const next = (): Buffer => {
    const length = blob.readUInt32BE(at)
    at += 4 + length
    return blob.subarray(at - length, at)
  }
  try {
    for (const _ of ['cipher', 'kdf', 'its options']) next()
    at += 4 // the number of keys
    return next().toString('base64')
  } catch {
    return undefined // it is none, or cut off
  }
}
