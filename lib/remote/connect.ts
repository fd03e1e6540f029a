import { once } from 'node:events'
import type { Client, ConnectConfig } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { Failure } from '../base/failure.ts'
import { isCode } from '../base/system-errors.ts'
import { sleep } from '../base/wait.ts'
import { type Destination, describeDestination, variableOf } from './destination.ts'
import { judgeHostKey, type TrustedKeys, trustedKeys } from './host-key.ts'
import { type Identity, identitiesOf, passedOver } from './identity.ts'
import type { SshSettings } from './ssh-config.ts'
import { whyNot } from './why-not.ts'

/** One SSH connection, for commands and for files. */
export interface Connection {
  readonly client: Client
  /** Files go through here. It opens while the first command already runs. */
  readonly files: Promise<SftpClient>
}

export interface Access {
  readonly environment: string
  readonly destination: Destination
  readonly trusted: TrustedKeys
  readonly identities: readonly Identity[]
}

/**
 * Everything that a connection needs, read once.
 * @param settings what `~/.ssh/config` has for it
 * @throws Failure where one part of it cannot be used.
 */
export function accessTo(environment: string, destination: Destination, settings: SshSettings = {}): Access {
  const trusted = trustedKeys(environment, destination, settings)
  const identities = identitiesOf(environment, settings)
  if (identities.length > 0) return { environment, destination, trusted, identities }
  const why = passedOver(environment, settings)
  throw new Failure({
    ...(why.length > 0 ? { detail: why.join('\n') } : {}),
    what: `there is no key to log in to ${describeDestination(destination)} with`,
    fix: `set ${variableOf(environment, 'SSH_KEY')} to a private key or its path, or load one into the SSH agent: ssh-add`,
  })
}

/** ms: an attempt to connect, and the pauses before the next ones. A VPS that restarts its sshd is back within them. */
const connectTimeout = 15_000
const pauses = [1000, 2000]

/** Connects, trying again where a moment may help. @throws Failure that says why it cannot be. */
export async function connect(access: Access): Promise<Connection> {
  for (const pause of [...pauses, undefined]) {
    try {
      return await connectOnce(access)
    } catch (error) {
      if (error instanceof Failure) throw error
      if (pause === undefined || !mayPass(error)) throw new Failure(whyNot(error, access))
      await sleep(pause)
    }
  }
  throw new TypeError('the last attempt has returned or thrown')
}

/** Not a timeout: it was patient already. */
const mayPass = (error: unknown): boolean =>
  isCode(error, 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'EPIPE')

/**
 * One attempt, which asks for a key of a type that we know, as ssh does; where a fingerprint is pinned, one for each
 * type of key that the VPS may have.
 */
export async function connectOnce(access: Access): Promise<Connection> {
  const { keys, withoutPort = [], fingerprint } = access.trusted
  const known = [...keys, ...withoutPort].map(({ type }) => type)
  let first: Failure | undefined
  for (const preferred of fingerprint === undefined ? [known] : [[], ['ecdsa'], ['rsa']]) {
    try {
      return await attempt(access, preferred)
    } catch (error) {
      if (fingerprint === undefined || !(error instanceof Failure)) {
        if (first !== undefined && !isCode(error, 'ECONNREFUSED')) throw first // the VPS has no key of that type
        throw error
      }
      first ??= error
    }
  }
  throw first
}

const hostKeyAlgorithms = [
  ...(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'] as const),
  ...(['rsa-sha2-512', 'rsa-sha2-256'] as const),
]

const isOfType = (algorithm: string, type: string): boolean =>
  algorithm === type ||
  (type.includes('rsa') && algorithm.startsWith('rsa')) ||
  algorithm.startsWith(`${type}-`)

async function attempt(access: Access, preferred: readonly string[]): Promise<Connection> {
  const { destination, identities } = access
  const isPreferred = (algorithm: string): boolean => preferred.some(type => isOfType(algorithm, type))
  let refused: Failure | undefined
  const config: ConnectConfig = {
    host: destination.host,
    port: destination.port,
    username: destination.user,
    readyTimeout: connectTimeout,
    keepaliveInterval: 5000,
    keepaliveCountMax: 3,
    algorithms: {
      serverHostKey: hostKeyAlgorithms.toSorted((a, b) => Number(isPreferred(b)) - Number(isPreferred(a))),
    },
    hostVerifier: (key: Buffer) => {
      refused = judgeHostKey(access.environment, destination, access.trusted, key)
      return refused === undefined
    },
    authHandler: identities.map(({ proof }) => ({ ...proof, username: destination.user })) as never, // its types lack an array of methods
  }
  const silent = { error: () => {}, end: () => {}, close: () => {} } // without these it prints on its own
  const sftp = new SftpClient('tracehub', silent as never)
  const { client } = sftp as unknown as { client: Client } // its types leave it out; its documentation does not
  client.setMaxListeners(0) // one for each file under way
  const ready = once(client, 'ready')
  const files = sftp.connect(config).then(() => sftp)
  files.catch(() => {}) // who awaits it learns of it
  try {
    await Promise.race([ready, files])
  } catch (error) {
    client.destroy()
    throw refused ?? error
  }
  // The connection's loss is seen by whoever waits for an answer; without a listener it would end the process.
  client.on('error', () => {})
  client.setNoDelay(true)
  return { client, files }
}
