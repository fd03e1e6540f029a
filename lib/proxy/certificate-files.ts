import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { namesIn, readIfThere } from '../base/files.ts'

/** A certificate's file and its key's, which may be the same. */
export interface Pair {
  readonly certificate: string
  readonly key: string
}

/** Where certbot, acme.sh and people leave certificates, below a directory. @throws where it may not be read. */
export function pairsIn(directory: string): Pair[] {
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
