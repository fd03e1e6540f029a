import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure, UsageError } from '../failure.ts'
import { readIfThere } from '../files.ts'
import { shown } from '../text.ts'
import { addressOf, type Destination, setting, variableOf } from './destination.ts'
import { type KnownKey, knownKeys } from './known-hosts.ts'

/** What the VPS must show to be believed. Nothing is trusted because it was seen first. */
export interface TrustedKeys {
  /** Where the keys come from, for messages. */
  readonly source: string
  readonly fingerprint?: string
  readonly keys: readonly KnownKey[]
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The type that stands in a key's blob: a length of four bytes and a name (RFC 4253, 6.6). */
export const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')

/** The pinned key of `<NAME>_HOST_KEY`, or what known_hosts has. @throws UsageError when the pin is neither form. */
export function trustedKeys(environment: string, destination: Destination): TrustedKeys {
  const pinned = setting(environment, 'HOST_KEY')
  const source = variableOf(environment, 'HOST_KEY')
  if (pinned !== undefined) {
    if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(pinned))
      return { source, fingerprint: pinned.replace(/=$/, ''), keys: [] }
    const address = addressOf(destination)
    const keys = knownKeys(pinned, address)
    if (keys.length > 0) return { source, keys }
    throw new UsageError(
      `${source} is ${shown(pinned)}: neither a fingerprint nor a known_hosts line for ${address}`,
      `expected SHA256:… as ssh-keygen -lf prints it, or a line as ssh-keyscan prints it: ${address} ssh-ed25519 AAAA…`,
    )
  }
  const files = [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
  const address = addressOf(destination)
  return { source: files[0] ?? '', keys: files.flatMap(file => knownKeys(readIfThere(file) ?? '', address)) }
}

/** @returns undefined when the key is to be trusted, else what is wrong. */
export function judgeHostKey(
  environment: string,
  destination: Destination,
  trusted: TrustedKeys,
  shownKey: Buffer,
): Failure | undefined {
  const address = addressOf(destination)
  const [type, encoded, fingerprint] = [
    keyType(shownKey),
    shownKey.toString('base64'),
    fingerprintOf(shownKey),
  ]
  const same = trusted.keys.find(({ key }) => key === encoded)
  if (same?.revoked)
    return new Failure({
      what: `STOP: the host key of ${address} is revoked in ${trusted.source}, line ${same.line}`,
      detail: `it shows ${fingerprint} (${type})`,
      fix: 'do not connect to it; ask whoever runs the VPS',
    })
  if (trusted.fingerprint === fingerprint || same) return undefined
  const usable = trusted.keys.filter(({ revoked }) => !revoked)
  if (trusted.fingerprint === undefined && usable.length === 0)
    return unknown(environment, address, { type, encoded, fingerprint })
  const expected =
    trusted.fingerprint ?? usable.map(known => fingerprintOf(Buffer.from(known.key, 'base64'))).join(' or ')
  return new Failure({
    what: `STOP: the host key of ${address} has CHANGED; somebody may be listening in between`,
    detail: `expected ${expected}, from ${trusted.source}\nit shows ${fingerprint} (${type})`,
    fix:
      `on the VPS, at its console: ssh-keygen -lf /etc/ssh/${fileOf(type)}\n` +
      `only if that prints ${fingerprint}, put the new key into ${trusted.source}`,
  })
}

function unknown(
  environment: string,
  address: string,
  { type, encoded, fingerprint }: { type: string; encoded: string; fingerprint: string },
): Failure {
  const name = variableOf(environment, 'HOST_KEY')
  return new Failure({
    what: `the host key of ${address} is not known: ${fingerprint} (${type})`,
    detail: `compare it with what the VPS says at its console: ssh-keygen -lf /etc/ssh/${fileOf(type)}`,
    fix:
      `if it is the same, in GitHub: gh secret set ${name} --env ${environment} -b '${fingerprint}'\n` +
      `or on this machine: echo '${address} ${type} ${encoded}' >> ~/.ssh/known_hosts`,
  })
}

const fileOf = (type: string): string =>
  `ssh_host_${type.startsWith('ecdsa') ? 'ecdsa' : type.replace('ssh-', '')}_key.pub`
