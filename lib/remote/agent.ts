import type { BaseAgent, ParsedKey, PublicKeyEntry } from 'ssh2'
import ssh2 from 'ssh2'

type Listed = string | Buffer | ParsedKey | PublicKeyEntry

export interface OfferingAgent {
  readonly agent: BaseAgent
  /** Whether it was asked for its keys and did not say them. */
  readonly isSilent: () => boolean
}

/**
 * An SSH agent that offers these keys first, as ssh does (pubkey_prepare() in sshconnect2.c): one with many keys is else
 * turned away by MaxAuthTries before the right one is tried. One that is gone, such as that of a session which has
 * ended, offers nothing; for ssh2 alone it would be the end of the whole attempt.
 * @param wanted public keys' blobs in Base64
 * @param only as IdentitiesOnly asks for: no other key is offered
 */
export function agentWith(socket: string, wanted: readonly string[], only: boolean): OfferingAgent {
  const agent = ssh2.createAgent(socket)
  let isSilent = false
  class Offering extends ssh2.BaseAgent {
    override getIdentities: BaseAgent['getIdentities'] = answer =>
      agent.getIdentities((error, keys = []) => {
        isSilent = Boolean(error)
        answer(undefined, isSilent ? [] : chosen(keys, wanted, only))
      })
    override sign: BaseAgent['sign'] = agent.sign.bind(agent)
  }
  return { agent: new Offering(), isSilent: () => isSilent }
}

function chosen<Key extends Listed>(keys: readonly Key[], wanted: readonly string[], only: boolean): Key[] {
  const isWanted = (key: Key): boolean => wanted.includes(blobOf(key))
  return [...keys.filter(isWanted), ...(only ? [] : keys.filter(key => !isWanted(key)))]
}

/** A key as an agent lists it, in Base64. */
function blobOf(listed: Listed): string {
  let key = listed
  if (typeof key === 'object' && 'pubKey' in key)
    key = 'pubKey' in key.pubKey ? key.pubKey.pubKey : key.pubKey
  if (typeof key !== 'string' && !Buffer.isBuffer(key)) return key.getPublicSSH().toString('base64')
  const parsed = ssh2.utils.parseKey(key)
  return parsed instanceof Error ? '' : parsed.getPublicSSH().toString('base64')
}
