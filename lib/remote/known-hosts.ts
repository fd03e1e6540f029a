import { createHmac } from 'node:crypto'

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
