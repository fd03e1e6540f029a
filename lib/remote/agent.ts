import type { BaseAgent, ParsedKey, PublicKeyEntry } from 'ssh2'
import ssh2 from 'ssh2'

/**
 * An SSH agent that offers these keys alone, as IdentitiesOnly asks for: an agent with many keys is else turned away
 * by MaxAuthTries before the right one is tried.
 * @param wanted public keys' blobs in Base64
 */
export function agentWith(socket: string, wanted: readonly string[]): BaseAgent {
  const agent = ssh2.createAgent(socket)
  class Chosen extends ssh2.BaseAgent {
    override getIdentities: BaseAgent['getIdentities'] = answer =>
      agent.getIdentities((error, keys = []) => {
        const chosen = keys.filter(key => wanted.includes(blobOf(key)))
        if (error) answer(error)
        else answer(undefined, chosen)
      })
    override sign: BaseAgent['sign'] = agent.sign.bind(agent)
  }
  return new Chosen()
}

/** A key as an agent lists it, in Base64. */
function blobOf(listed: string | Buffer | ParsedKey | PublicKeyEntry): string {
  let key = listed
  if (typeof key === 'object' && 'pubKey' in key)
    key = 'pubKey' in key.pubKey ? key.pubKey.pubKey : key.pubKey
  if (typeof key !== 'string' && !Buffer.isBuffer(key)) return key.getPublicSSH().toString('base64')
  const parsed = ssh2.utils.parseKey(key)
  return parsed instanceof Error ? '' : parsed.getPublicSSH().toString('base64')
}
