import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { Failure, UsageError } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { userName } from '../base/user.ts'
import { type Destination, type Named, variableOf } from './destination.ts'

/** Where a name leads, whom to believe there, and what to log in with. */
export interface Resolved extends SshSettings {
  readonly destination: Destination
}

/** What `~/.ssh/config` says besides the address; what is left out is as usual. */
export interface SshSettings {
  /** Files of keys, the best first; of a public one the agent has the private. */
  readonly keys?: readonly string[]
  /** IdentityAgent: a socket, `none`, or undefined for that of SSH_AUTH_SOCK. */
  readonly agent?: string | undefined
  /** IdentitiesOnly: nothing but `keys` is offered, from files or from the agent. */
  readonly onlyKeys?: boolean
  /** HostKeyAlias: the name that known_hosts has it under. */
  readonly hostKeyAlias?: string | undefined
  /** UserKnownHostsFile and GlobalKnownHostsFile. */
  readonly knownHosts?: readonly string[]
}

/**
 * Follows `~/.ssh/config` and `/etc/ssh/ssh_config`, as OpenSSH itself reads them: `ssh -G` answers with everything that
 * `Host`, `Match` and `Include` come to (ssh(1)), and what was said explicitly counts more there, too.
 * @throws UsageError when ssh does not understand its files; Failure when the way leads through another host.
 */
export async function followSshConfig(environment: string, named: Named): Promise<Resolved> {
  const file = join(homedir(), '.ssh', 'config')
  // ssh asks the system where its user lives, and not HOME (ssh.c): where the two differ, the file is named.
  const isElsewhere = homedir() !== homeOfUser()
  if (isElsewhere && !existsSync(file)) return { destination: usual(named) }
  const explicit = [...(named.user ? ['-l', named.user] : []), ...(named.port ? ['-p', `${named.port}`] : [])]
  const command = ['ssh', '-G', ...(isElsewhere ? ['-F', file] : []), ...explicit, named.host]
  // With all of our environment, which the files may name: `${KEYS}/deploy`, and what Match runs.
  const asked = await attempt(command, { timeout: 60_000, env: process.env as Record<string, string> })
  if (asked.code === 127 && !existsSync(file)) return { destination: usual(named) } // there is no ssh here
  if (!asked.ok)
    throw new UsageError(
      `ssh cannot read ${file}: ${lastLines(asked.stderr, 3)}`,
      asked.code === 127
        ? 'install it: apt install openssh-client; it alone knows what the file means'
        : `fix it: ssh -G ${named.host}  must print settings`,
    )
  return settingsIn(asked.stdout, named, variableOf(environment, 'HOST'))
}

function homeOfUser(): string {
  try {
    return userInfo().homedir
  } catch {
    return homedir() // a user of whom the system knows nothing
  }
}

/** What holds where nothing else was said. */
export const usual = ({ host, user, port }: Named): Destination => ({
  host,
  user: user ?? userName(),
  port: port ?? 22,
})

/** Reads the answer of `ssh -G`: lines of a name in small letters and its value. */
export function settingsIn(answer: string, named: Named, variable: string): Resolved {
  const all = (name: string): string[] =>
    answer.split('\n').flatMap(line => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []))
  const [host = named.host] = all('hostname')
  const [user = usual(named).user] = all('user')
  const destination = { host, user, port: Number(all('port')[0] ?? named.port ?? 22) }
  refuse(all, named, destination, variable)
  const path = (file: string): string => expanded(file, named, destination)
  const [agent] = all('identityagent')
  const [alias] = all('hostkeyalias')
  const files = [...all('userknownhostsfile'), ...all('globalknownhostsfile')]
    .flatMap(line => filesIn(line, path))
    .filter(file => file !== 'none')
  return {
    destination,
    keys: all('identityfile')
      .filter(file => file !== 'none')
      .map(path),
    onlyKeys: all('identitiesonly')[0] === 'yes',
    agent: agent === undefined ? undefined : agentSocket(agent, path),
    hostKeyAlias: alias === undefined || alias === 'none' ? undefined : alias,
    ...(files.length > 0 ? { knownHosts: files } : {}),
  }
}

/** Files that stand in one line, with nothing around a blank in a path: the longest that is there is one. */
function filesIn(line: string, path: (file: string) => string): string[] {
  const words = line.split(' ').filter(word => word !== '')
  const files: string[] = []
  while (words.length > 0) {
    const lengths = words.map((_, i) => words.length - i)
    const length = lengths.find(n => existsSync(path(words.slice(0, n).join(' ')))) ?? 1
    files.push(path(words.splice(0, length).join(' ')))
  }
  return files
}

/** `SSH_AUTH_SOCK` is the usual one; `$NAME` is a variable that holds the path (ssh_config(5), IdentityAgent). */
function agentSocket(given: string, path: (file: string) => string): string | undefined {
  if (given === 'SSH_AUTH_SOCK') return undefined
  if (/^\$\w/.test(given)) return process.env[given.slice(1)] || 'none'
  return path(given)
}

/**
 * What we cannot do, and what would be another login, or less caution, if it were passed over in silence; and a way
 * through another host, past which would be another way than the person's.
 */
function refuse(
  all: (name: string) => string[],
  named: Named,
  { host, port }: Destination,
  variable: string,
) {
  const key = variable.replace(/_HOST$/, '_SSH_KEY')
  const pinned = `${variable}_KEY='SHA256:…' as ssh-keygen -lf prints it`
  const instead = `authorize a plain key on the VPS, and name it: ${key}=~/.ssh/the_key`
  const pin = `pin the host key: ${pinned}, and leave the keyword out for ${named.host}`
  const tunnel =
    `open the way in another terminal: ssh -N -L 2222:127.0.0.1:${port} ${named.host}\n` +
    `then with ${variable}=127.0.0.1:2222, and ${pinned} on ${host}`
  for (const [keyword, fix] of [
    ['ProxyJump', tunnel],
    ['ProxyCommand', tunnel],
    ['CertificateFile', instead],
    ['PKCS11Provider', instead],
    ['KnownHostsCommand', pin],
    ['RevokedHostKeys', pin],
  ] as const) {
    const [value = 'none'] = all(keyword.toLowerCase())
    if (value === 'none' || (fix === instead && process.env[key]?.trim())) continue
    const what =
      fix === tunnel
        ? `leads to ${named.host} by ${keyword} ${value}, and the toolkit goes to it directly alone`
        : `has ${keyword} ${value} for ${named.host}, which the toolkit cannot use`
    throw new Failure({ what: `~/.ssh/config ${what}`, fix })
  }
}

/** `~/`, variables, and the tokens of ssh_config(5), "TOKENS", that a file's name has in practice. */
function expanded(file: string, named: Named, { host, user, port }: Destination): string {
  const tokens: Record<string, string> = {
    ...{ '%': '%', d: homedir(), h: host, n: named.host, p: `${port}`, r: user, u: userName() },
    ...{ i: `${process.getuid?.()}`, l: hostname(), L: hostname().split('.')[0] ?? '', k: named.host },
    C: createHash('sha1').update(`${hostname()}${host}${port}${user}`).digest('hex'), // %l%h%p%r%j
  }
  return file
    .replace(/^~(?=\/)/, homedir())
    .replace(/\$\{(\w+)\}/g, (whole, name) => process.env[name] ?? whole)
    .replace(/%(.)/g, (token, name) => tokens[name] ?? token)
}
