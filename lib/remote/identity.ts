import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AuthenticationType, BaseAgent, ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { type Failure, problemOf, UsageError } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { registerSecret } from '../base/redact.ts'
import { shown } from '../base/text.ts'
import { agentWith } from './agent.ts'
import { setting, variableOf } from './destination.ts'
import { fingerprintOf, passedBySsh } from './host-key.ts'
import { publicKeysIn } from './public-keys.ts'
import type { SshSettings } from './ssh-config.ts'

/** One way to verify who we are, and its name for messages. */
export interface Identity {
  readonly name: string
  readonly proof: {
    readonly type: AuthenticationType
    readonly key?: ParsedKey
    readonly agent?: string | BaseAgent
  }
}

/**
 * The identities to offer, in their order: the key of `<NAME>_SSH_KEY` alone where it is set; else those that
 * `~/.ssh/config` has for the VPS, the agent's and those in `~/.ssh`, the documented `tracehub_<name>_rsa` first.
 * @param settings of `~/.ssh/config`; with `onlyKeys`, nothing is offered but the keys that it names
 * @throws Failure when the key that is set cannot be used.
 */
export function identitiesOf(environment: string, settings: SshSettings): Identity[] {
  const variable = variableOf(environment, 'SSH_KEY')
  const given = setting(environment, 'SSH_KEY')
  if (given !== undefined) return [readKey(keyText(variable, given, environment), variable, environment)]
  const configured = settings.keys ?? []
  const agent = settings.agent ?? process.env['SSH_AUTH_SOCK']
  const fromAgent = agent && existsSync(agent) ? [agentAt(agent, settings)] : []
  const inHome = (names: readonly string[]): string[] => names.map(name => join(homedir(), '.ssh', name))
  const usual = inHome(['id_ed25519', 'id_ecdsa', 'id_rsa'])
  const meant = configured.filter(file => !usual.includes(file))
  const documented = inHome([`tracehub_${environment}_ed25519`, `tracehub_${environment}_rsa`])
  const keysIn = (files: readonly string[]): Identity[] => keysThere(environment, files).usable
  if (settings.onlyKeys) return [...keysIn(configured), ...fromAgent]
  return [...keysIn(meant), ...fromAgent, ...keysIn([...documented, ...usual])]
}

function agentAt(socket: string, { keys = [], onlyKeys = false }: SshSettings): Identity {
  const own = socket === process.env['SSH_AUTH_SOCK'] ? 'the SSH agent' : `the SSH agent at ${socket}`
  const { agent, isSilent } = agentWith(socket, publicKeysIn(keys), onlyKeys)
  return {
    get name() {
      if (isSilent()) return `${own}, which does not answer`
      return onlyKeys ? `${own}, keys of ~/.ssh/config alone` : own
    },
    proof: { type: 'agent', agent },
  }
}

/** The key's own text, or the text of the file that it names. */
function keyText(variable: string, given: string, environment: string): string {
  if (given.includes('PRIVATE KEY')) {
    for (const line of given.split('\n'))
      if (line.length >= 16 && !line.startsWith('-----')) registerSecret(line)
    registerSecret(given)
    return `${given.replaceAll('\r\n', '\n')}\n`
  }
  const file = given.replace(/^~(?=\/)/, homedir())
  const isPath = !given.includes('\n') && given.length < 4096
  try {
    if (isPath) return readFileSync(file, 'utf8')
  } catch {
    // said below: a value that is no file may be a mangled key, and is not shown
  }
  throw new UsageError(
    `${variable} is neither a private key nor a readable file${/^[~/.]/.test(given) && isPath ? `: ${shown(given)}` : ''}`,
    `gh secret set ${variable} --env ${environment} < ~/.ssh/the_key, or the path of the key's file`,
  )
}

function readKey(text: string, name: string, environment: string): Identity {
  const passphrase = setting(environment, 'SSH_PASSPHRASE')
  if (passphrase !== undefined) registerSecret(passphrase)
  const parsed = ssh2.utils.parseKey(text, passphrase)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error || key === undefined) throw unreadable(text, key, name, environment)
  if (!key.isPrivateKey())
    throw new UsageError(`${name} is a public key`, `give the private one: the file without .pub`)
  return { name: `${name}, ${fingerprintOf(key.getPublicSSH())}`, proof: { type: 'publickey', key } }
}

function unreadable(text: string, error: Error | undefined, name: string, environment: string): Failure {
  const variable = variableOf(environment, 'SSH_PASSPHRASE')
  if (/no passphrase given/i.test(error?.message ?? ''))
    return new UsageError(
      `the private key of ${name} is encrypted, and ${variable} is not set`,
      `gh secret set ${variable} --env ${environment}, or export it; or load the key into the SSH agent: ssh-add`,
    )
  if (setting(environment, 'SSH_PASSPHRASE') && /passphrase|decrypt|integrity/i.test(error?.message ?? ''))
    return new UsageError(`${variable} does not open the private key of ${name}`, 'check the passphrase')
  if (
    /unsupported key format/i.test(error?.message ?? '') &&
    /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)
  )
    return new UsageError(
      `${name} is a private key in PKCS #8, which the toolkit cannot read`,
      "write it in OpenSSH's own format, in the same file: ssh-keygen -p -f the_key",
    )
  return new UsageError(
    `${name} is not a private key that can be read: ${error?.message ?? 'it is empty'}`,
    'expected the whole file, from -----BEGIN to END-----, with its line ends',
  )
}

/** What a person has to know of a key that only its certificate would let in. */
export const withoutCertificate = 'without its certificate, which the toolkit cannot use'

/** Of these files those that are there: a key that cannot be opened is left to the agent, as ssh does. */
function keysThere(environment: string, files: readonly string[]) {
  const usable: Identity[] = []
  const problems: string[] = []
  for (const file of files) {
    const text = readIfThere(file, ...passedBySsh)
    if (text === undefined) continue
    try {
      const { name, proof } = readKey(text, file, environment)
      // ssh offers the certificate beside a key by itself (ssh_config(5), CertificateFile); ssh2 knows none.
      const isAlone = !existsSync(`${file}-cert.pub`)
      usable.push({ name: isAlone ? name : `${name}, ${withoutCertificate}`, proof })
    } catch (error) {
      problems.push(problemOf(error).what)
    }
  }
  return { usable, problems }
}

/** Why the keys that `~/.ssh/config` names, and that are there, cannot be offered. */
export const passedOver = (environment: string, { keys = [] }: SshSettings): string[] =>
  keysThere(environment, keys).problems
