import { createHash, createHmac } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure, UsageError } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { shown } from '../base/text.ts'
import { addressOf, type Destination, setting, variableOf } from './destination.ts'
import type { SshSettings } from './ssh-config.ts'

/** What the VPS must show to be believed. Nothing is trusted because it was seen first. */
export interface TrustedKeys {
  /** Where the keys come from, for messages. */
  readonly source: string
  readonly fingerprint?: string
  readonly keys: readonly KnownKey[]
  /** Those of the host's name alone, for another port than 22: believed where they match, and else not counted. */
  readonly withoutPort?: readonly KnownKey[]
  /** What known_hosts calls it. */
  readonly address?: string
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The type that stands in a key's blob: a length of four bytes and a name (RFC 4253, 6.6). */
export const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')

/**
 * The pinned key of `<NAME>_HOST_KEY`, or what known_hosts has: as for ssh, under the HostKeyAlias where there is one,
 * and under the name without its port where the one with the port is not there (check_host_key() in sshconnect.c).
 * @throws UsageError when the pin is neither form.
 */
export function trustedKeys(
  environment: string,
  destination: Destination,
  { hostKeyAlias, knownHosts }: SshSettings = {},
): TrustedKeys {
  const address = hostKeyAlias ?? addressOf(destination)
  const among = (texts: readonly string[]): Pick<TrustedKeys, 'keys' | 'withoutPort' | 'address'> => {
    const named = (name: string): KnownKey[] => texts.flatMap(text => knownKeys(text, name))
    const keys = named(address)
    const isBare = hostKeyAlias === undefined && destination.port !== 22 && keys.length === 0
    return { address, keys, withoutPort: isBare ? named(destination.host) : [] }
  }
  const pinned = setting(environment, 'HOST_KEY')
  const source = variableOf(environment, 'HOST_KEY')
  if (pinned !== undefined) {
    if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(pinned))
      return { source, fingerprint: pinned.replace(/=$/, ''), keys: [], address }
    const found = among([pinned])
    if (found.keys.length + (found.withoutPort?.length ?? 0) > 0) return { source, ...found }
    throw new UsageError(
      `${source} is ${shown(pinned)}: neither a fingerprint nor a known_hosts line for ${address}`,
      `expected SHA256:… as ssh-keygen -lf prints it, or a line as ssh-keyscan prints it: ${address} ssh-ed25519 AAAA…`,
    )
  }
  const files = knownHosts ?? [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
  return { source: files[0] ?? '', ...among(files.map(file => readIfThere(file, ...passedBySsh) ?? '')) }
}

/** What stands in the place of a file of `~/.ssh/config`, and is no reason for ssh to stop (errno(3)). */
export const passedBySsh = ['EISDIR', 'EACCES', 'ENOTDIR'] as const

/** @returns undefined when the key is to be trusted, else what is wrong. */
export function judgeHostKey(
  environment: string,
  destination: Destination,
  trusted: TrustedKeys,
  shownKey: Buffer,
): Failure | undefined {
  const address = trusted.address ?? addressOf(destination)
  const [type, fingerprint] = [keyType(shownKey), fingerprintOf(shownKey)]
  const encoded = shownKey.toString('base64')
  const all = [...trusted.keys, ...(trusted.withoutPort ?? [])].filter(({ key }) => key === encoded)
  const same = all.find(({ revoked }) => revoked) ?? all[0]
  if (same?.revoked)
    return new Failure({
      what: `STOP: the host key of ${address} is revoked in ${trusted.source}, line ${same.line}`,
      detail: `it shows ${fingerprint} (${type})`,
      fix: 'do not connect to it; ask whoever runs the VPS',
    })
  if (trusted.fingerprint === fingerprint || same) return undefined
  const usable = trusted.keys.filter(({ revoked }) => !revoked)
  if (trusted.fingerprint === undefined && usable.length === 0)
    return new Failure({
      what: `the host key of ${address} is not known: ${fingerprint} (${type})`,
      detail: `compare it with what the VPS says at its console: ssh-keygen -lf /etc/ssh/${fileOf(type)}`,
      fix:
        `if it is the same, in GitHub: gh secret set ${variableOf(environment, 'HOST_KEY')} --env ${environment} -b '${fingerprint}'\n` +
        `or on this machine: echo '${address} ${type} ${encoded}' >> ${trusted.source.replace(`${homedir()}/`, '~/')}`,
    })
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

const fileOf = (type: string): string =>
  `ssh_host_${type.startsWith('ecdsa') ? 'ecdsa' : type.replace('ssh-', '')}_key.pub`

/** One key of known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export type KnownKey = Readonly<ReturnType<typeof knownKeys>[number]>

/**
 * The keys that a known_hosts text has for an address, each by its type (`ssh-ed25519` …) and its blob in Base64.
 * @param address `host`, or `[host]:port` where the port is not 22
 */
export function knownKeys(text: string, address: string) {
  return text.split('\n').flatMap((line, i) => {
    const words = line.trim().split(/\s+/)
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined
    const [names, type, key] = words
    if (names === undefined || type === undefined || key === undefined || names.startsWith('#')) return []
    if (marker !== undefined && marker !== '@revoked') return [] // certificates: ssh2 does not read them
    // Named `@revoked`: whoever shows it is not to be trusted.
    return matches(names, address.toLowerCase())
      ? [{ type, key, revoked: marker !== undefined, line: i + 1 }]
      : []
  })
}

function matches(names: string, address: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? []
  if (salt !== undefined)
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(address).digest('base64') === hash
  const patterns = names.toLowerCase().split(',')
  const isNamed = (pattern: string): boolean => wildcard(pattern).test(address)
  return (
    patterns.some(pattern => !pattern.startsWith('!') && isNamed(pattern)) &&
    !patterns.some(pattern => pattern.startsWith('!') && isNamed(pattern.slice(1)))
  )
}

/** `*` and `?` stand for any characters and for one; everything else, brackets too, for itself. */
function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
