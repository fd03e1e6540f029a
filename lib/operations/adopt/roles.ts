import { Failure } from '../../base/failure.ts'
import type { Service } from './service.ts'

export type Roles = {
  readonly database: Service
  readonly backend: Service | undefined
  readonly frontend: Service | undefined
}

const proxies = /traefik|caddy|haproxy|nginx-proxy|cloudflared|swag|envoy/
const tools = /adminer|pgadmin|pgweb|backup|exporter|dump|bouncer|certbot|watchtower|portainer/
const imageIs = ({ container }: Service, words: RegExp): boolean =>
  words.test(container.image.replace(/^[^/]*[.:][^/]*\//, '')) // the registry's name says nothing

const runs = ({ container }: Service): boolean => container.status === 'running'
/** It has done what it was started for: migrations, first data. */
export const hasEnded = ({ container, restart }: Service): boolean =>
  container.status === 'exited' && container.exitCode === 0 && !/^(always|unless)/.test(restart)

/** PostgreSQL's official image and all that is made from it, told from tools that are made from it as well. */
const isServer = ({ variables, command }: Service): boolean =>
  variables['PGDATA'] !== undefined && /^(postgres$|-)/.test(command[0] ?? '')

/** The variables of a service whose values lead to another one by its name; alone, that is a word like any other. */
export function waysTo(from: Service, { name, container }: Service): string[] {
  const names = [name, container.name].map(word => word.replaceAll('.', '\\.')).join('|')
  const address = new RegExp(`(^(?=[^/]*:\\d)|@|//|,)(${names})([:/,?]|$)`)
  const alone = new RegExp(`^(${names})$`)
  return Object.entries(from.own).flatMap(([variable, value]) => {
    const isHost = /HOST|SERVER|ADDR|URL|ENDPOINT|BROKER|NODE/i.test(variable)
    return address.test(value) || (isHost && alone.test(value)) ? variable : []
  })
}

/** The backend's DATABASE_URL, where it leads to the database. */
export const addressIn = ({ backend, database }: Roles): string | undefined =>
  backend && waysTo(backend, database).includes('DATABASE_URL') ? backend.own['DATABASE_URL'] : undefined

/**
 * Which service is what. What only may be the backend or the frontend is ranked by its name, its health check, its
 * ports and who depends on it.
 * @param named services by name, as a person has given them
 * @throws Failure where no service, or more than one, can be the database; or a given name is none's.
 */
export function rolesOf(
  services: readonly Service[],
  named: Readonly<Partial<Record<keyof Roles, string | undefined>>> = {},
): Roles {
  const given = (role: keyof Roles): Service | undefined => {
    const found = services.find(({ name }) => name === named[role])
    if (found || named[role] === undefined) return found
    const fix = `the services are ${services.map(({ name }) => name).join(', ')}`
    throw new Failure({ what: `--${role} is ${named[role]}, and there is no such service`, fix })
  }
  const database = given('database') ?? databaseAmong(services)
  const others = services.filter(one => one !== database && runs(one) && !imageIs(one, tools))
  const isNeeded = ({ name }: Service): boolean => others.some(one => one.dependsOn.includes(name))
  const backend =
    given('backend') ??
    best(others, service => [
      [waysTo(service, database).length > 0, 8],
      [/^(backend|api|server|app|web|django)/.test(service.name), 2],
      [service.health.path !== undefined, 1],
      [isNeeded(service), 1],
      [service.ports.length > 0, 1],
    ])
  const rest = others.filter(one => one.imageId !== backend?.imageId && !imageIs(one, proxies))
  const frontend =
    given('frontend') ??
    best(rest, service => [
      [/front|client|site|www|^(web|ui)$/.test(service.name), 8],
      [service.dependsOn.includes(backend?.name), 4],
      [service.ports.some(({ host }) => [80, 443, 3000].includes(host)), 4],
      [service.ports.length > 0, 1],
    ])
  return { database, backend, frontend }
}

function databaseAmong(services: readonly Service[]): Service {
  const servers = services.filter(isServer)
  const asked = servers.filter(server => services.some(one => runs(one) && waysTo(one, server).length > 0))
  const [found, ...more] = asked.length === 0 ? servers : asked
  if (found && more.length === 0) return found
  const names = [found, ...more].map(server => server?.name).join(' and ')
  const what = found
    ? `${names} are all databases, and an environment has one`
    : 'no service of the stack is a PostgreSQL server'
  throw new Failure({ what, fix: '--database <service>  says which one it is' })
}

/** The one with the most points, the first of equals; what has too few is none. */
function best(
  candidates: readonly Service[],
  pointsOf: (service: Service) => readonly (readonly [holds: boolean, points: number])[],
): Service | undefined {
  const points = (service: Service): number =>
    pointsOf(service).reduce((sum, [holds, each]) => sum + (holds ? each : 0), 0)
  return candidates.filter(one => points(one) >= 4).toSorted((a, b) => points(b) - points(a))[0]
}
