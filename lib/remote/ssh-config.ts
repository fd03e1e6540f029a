import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Failure, UsageError } from '../failure.ts'
import { attempt } from '../shell.ts'
import { lastLines } from '../text.ts'
import { type Destination, type Named, variableOf } from './destination.ts'

/** Where a name leads, and which keys may be meant for it. */
export interface Resolved {
  readonly destination: Destination
  /** Files of private keys, the best first. */
  readonly keys: readonly string[]
}

/**
 * Follows `~/.ssh/config`, as OpenSSH itself reads it: `ssh -G` answers with everything that `Host`, `Match` and
 * `Include` come to (ssh(1)), and what was said explicitly counts more there, too.
 * @throws UsageError when ssh does not understand its file; Failure when the way leads through another host.
 */
export async function followSshConfig(environment: string, named: Named): Promise<Resolved> {
  const file = join(homedir(), '.ssh', 'config')
  if (!existsSync(file)) return { destination: usual(named), keys: [] }
  const explicit = [...(named.user ? ['-l', named.user] : []), ...(named.port ? ['-p', `${named.port}`] : [])]
  const asked = await attempt(['ssh', '-G', '-F', file, ...explicit, named.host], { timeout: 10_000 })
  if (!asked.ok)
    throw new UsageError(
      `ssh cannot read ${file}: ${lastLines(asked.stderr, 3)}`,
      `mend it: ssh -G ${named.host}  must print settings`,
    )
  return settingsIn(asked.stdout, named, variableOf(environment, 'HOST'))
}

/** What holds where nothing else was said. */
export const usual = ({ host, user, port }: Named): Destination => ({
  host,
  user: user ?? userInfo().username,
  port: port ?? 22,
})

/** Reads the answer of `ssh -G`: lines of a name in small letters and its value. */
export function settingsIn(answer: string, named: Named, variable: string): Resolved {
  const all = (name: string): string[] =>
    answer.split('\n').flatMap(line => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []))
  const [host = named.host] = all('hostname')
  const [user = usual(named).user] = all('user')
  const destination = { host, user, port: Number(all('port')[0] ?? named.port ?? 22) }
  refuseDetour(all, named, destination, variable)
  return { destination, keys: all('identityfile').map(file => expanded(file, named, destination)) }
}

/** A way through another host is one that we do not take, and going past it would be another way than the person's. */
function refuseDetour(
  all: (name: string) => string[],
  named: Named,
  { host, port }: Destination,
  variable: string,
): void {
  for (const [name, keyword] of [
    ['proxyjump', 'ProxyJump'],
    ['proxycommand', 'ProxyCommand'],
  ] as const) {
    const [detour = 'none'] = all(name)
    if (detour === 'none') continue
    throw new Failure({
      what: `~/.ssh/config leads to ${named.host} by ${keyword} ${detour}, and the toolkit goes to it directly alone`,
      fix:
        `open the way in another terminal: ssh -N -L 2222:127.0.0.1:${port} ${named.host}\n` +
        `then with ${variable}=127.0.0.1:2222, and ${variable}_KEY='SHA256:…' as ssh-keygen -lf prints it on ${host}`,
    })
  }
}

/** `~/` and the tokens of ssh_config(5), "TOKENS", that a file's name has in practice. */
function expanded(file: string, named: Named, { host, user, port }: Destination): string {
  const tokens: Record<string, string> = {
    ...{ '%': '%', d: homedir(), h: host, n: named.host, p: `${port}`, r: user, u: userInfo().username },
  }
  return file.replace(/^~(?=\/)/, homedir()).replace(/%(.)/g, (token, name) => tokens[name] ?? token)
}
