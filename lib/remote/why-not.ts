import type { Problem } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { printable } from '../base/text.ts'
import type { Access } from './connect.ts'
import { addressOf, variableOf } from './destination.ts'
import { withoutCertificate } from './identity.ts'

const levelOf = (error: unknown): unknown =>
  error instanceof Error && 'level' in error ? error.level : undefined

const told = (what: string, fix: string): Problem => ({ what, fix })

/** Why there is no connection, in the words of the person who must fix it. */
export function whyNot(error: unknown, { environment, destination, identities }: Access): Problem {
  const { host, port, user } = destination
  const where = addressOf(destination)
  const name = variableOf(environment, 'HOST')
  const message = error instanceof Error ? printable(error.message) : String(error)
  if (levelOf(error) === 'client-authentication' || /authentication methods failed/i.test(message)) {
    const hasCertificate = identities.some(identity => identity.name.endsWith(withoutCertificate))
    return {
      what: `${where} does not let ${user} in with this key`,
      detail: `offered: ${identities.map(identity => identity.name).join('\n         ')}`,
      fix:
        `is the user right? ${variableOf(environment, 'USER')} says who logs in\n` +
        `is the key ${hasCertificate ? 'itself authorized, and not by a certificate alone' : 'there'}? ssh-copy-id -i the_key.pub${port === 22 ? '' : ` -p ${port}`} ${user}@${host}`,
    }
  }
  if (isCode(error, 'ENOTFOUND') || /lookup failed/i.test(message))
    return {
      what: `there is no host ${host}`,
      fix: `check ${name} for a typing error, and the domain's DNS${host.includes('.') ? '' : `;\na name for ssh alone is one that ~/.ssh/config has as Host ${host}, with its HostName`}`,
    }
  if (isCode(error, 'EAI_AGAIN'))
    return told(`the name ${host} cannot be looked up now`, "check this machine's network and its DNS server")
  if (isCode(error, 'ECONNREFUSED'))
    return {
      what: `${host} refuses connections on port ${port}`,
      fix: `is sshd running there, and on this port? ${name} may name another: host:port`,
    }
  if (isCode(error, 'EHOSTUNREACH', 'ENETUNREACH'))
    return told(`no way leads to ${host} from here`, 'check the network of both machines, and the firewall')
  if (levelOf(error) === 'client-timeout' || isCode(error, 'ETIMEDOUT') || /timed out/i.test(message))
    return {
      what: `${host} does not answer on port ${port}`,
      fix: `is the VPS running (its provider's control panel), and does its firewall let port ${port} in?`,
    }
  return told(`no SSH connection to ${where}: ${message}`, `try: ssh -vvv -p ${port} ${user}@${host}`)
}
