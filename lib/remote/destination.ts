import { isIPv6 } from 'node:net'
import { variable } from '../base/caller.ts'
import { UsageError } from '../base/failure.ts'
import { shown } from '../base/text.ts'

/** Where the VPS is, and as whom to log in there. */
export interface Destination {
  readonly user: string
  readonly host: string
  readonly port: number
}

/** What a person has said about it; the rest is in `~/.ssh/config`, or as usual. */
export interface Named {
  readonly host: string
  readonly user: string | undefined
  readonly port: number | undefined
}

/** `PRODUCTION_HOST`: what is set for one environment begins with its name. */
export const variableOf = (environment: string, what: string): string =>
  `${environment.toUpperCase().replaceAll('-', '_')}_${what}`

/** A variable's value; GitHub gives an empty one for a secret that is not set. */
export const setting = (environment: string, what: string): string | undefined =>
  variable(variableOf(environment, what))?.trim() || undefined

/**
 * Where an environment's scripts run: `--host` or `<NAME>_HOST`, and `<NAME>_USER`.
 * @returns undefined when that is this machine.
 * @throws UsageError when the words cannot be an address or a user.
 */
export function destinationOf(environment: string, option: string | undefined): Named | undefined {
  const name = option === undefined ? variableOf(environment, 'HOST') : '--host'
  const given = option ?? setting(environment, 'HOST')
  if (given === undefined) return undefined
  return parseDestination(given, name, setting(environment, 'USER'), variableOf(environment, 'USER'))
}

/** `[user@]host[:port]`; an IPv6 address stands alone or, with a port, in brackets. */
export function parseDestination(
  given: string,
  name: string,
  otherwise: string | undefined,
  userName: string,
): Named {
  const refuse = (what: string): UsageError =>
    new UsageError(
      `${name} is ${shown(given)}: ${what}`,
      'expected host, user@host or user@host:port; an IPv6 address with a port as [2001:db8::7]:2222',
    )
  const at = given.lastIndexOf('@')
  const user = at === -1 ? otherwise : given.slice(0, at)
  if (user !== undefined && !/^[a-z_][a-z0-9_.-]{0,63}$/i.test(user)) {
    if (at !== -1) throw refuse('that is no user name before the @')
    throw new UsageError(
      `${userName} is ${shown(user)}: that is no user name`,
      'expected the name of a user on the VPS',
    )
  }
  const address = given.slice(at + 1)
  const [, inBrackets, bracketPort] = /^\[([^\]]*)\](?::(.*))?$/s.exec(address) ?? []
  const isAlone = isIPv6(address)
  const [, plain = '', plainPort] = /^([^:]*)(?::(.*))?$/s.exec(address) ?? []
  const host = inBrackets ?? (isAlone ? address : plain)
  const port = inBrackets === undefined ? (isAlone ? undefined : plainPort) : bracketPort
  if (!isIPv6(host) && (inBrackets !== undefined || !isHostName(host)))
    throw refuse('that is no host name or address')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw refuse('the port is not one of 1 to 65535')
  return { user, host, port: port === undefined ? undefined : Number(port) }
}

const isHostName = (host: string): boolean =>
  host.length <= 253 &&
  /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(host)

/** As known_hosts and people write it: `host`, or `[host]:port` where the port is not 22. */
export const addressOf = ({ host, port }: Destination): string => (port === 22 ? host : `[${host}]:${port}`)

export const describeDestination = (destination: Destination): string =>
  `${destination.user}@${destination.port === 22 ? destination.host : addressOf(destination)}`
