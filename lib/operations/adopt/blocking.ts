import type { Problem } from '../../base/failure.ts'
import { type Environment, parts } from '../../environment/environment.ts'
import { valueProblems } from '../../environment/secrets.ts'
import type { OldStack } from './old-stack.ts'
import { hasEnded, waysTo } from './roles.ts'

export const composeFile = 'environments/docker-compose.yml'

/** A problem, where it is one. */
export const on = (holds: unknown, what: string, fix: string): Problem[] => (holds ? [{ what, fix }] : [])

/**
 * With what no move would end well.
 * @param shipped the toolkit's compose file, which a team may have changed
 */
export function blocking(
  { name: environment }: Pick<Environment, 'name'>,
  { roles, services, given }: Pick<OldStack, 'roles' | 'services' | 'given'>,
  shipped: string,
): Problem[] {
  const { backend } = roles
  const { path, port = backend?.ports[0]?.inside } = backend?.health ?? {}
  const others = services.filter(one => !Object.values(roles).includes(one) && !hasEnded(one))
  const names = services.map(({ name }) => name).join(', ')
  const there = Object.entries(given.secrets).filter(([name]) => name in given.values)
  const missing = Object.keys(given.secrets).filter(
    name => !(name in given.values) && !given.secrets[name]?.optional,
  )
  return [
    ...parts.flatMap(part =>
      on(!roles[part], `no service is seen to be the ${part}`, `--${part} <service>  names it: ${names}`),
    ),
    ...on(
      port !== undefined && !new RegExp(`127\\.0\\.0\\.1[:/]${port}\\b`).test(shipped),
      `${backend?.name} listens on ${port}; the proxy and the health check expect 8000`,
      `change 8000 in ${composeFile} and environments/proxy/haproxy.cfg, or the image`,
    ),
    ...on(
      path !== undefined && !shipped.includes(`${path} `),
      `the health check of ${backend?.name} asks for ${path}, and that of ${composeFile} does not`,
      `change /health there; the proposed smoke tests ask for ${path}`,
    ),
    ...others.flatMap(service => {
      const ways = backend ? waysTo(backend, service) : []
      return on(
        ways.length > 0 && !new RegExp(`^  ${service.name}:`, 'm').test(shipped),
        `${backend?.name} finds ${service.name} by ${ways.join(', ')}, and no colour reaches it`,
        `write ${service.name} into ${composeFile}, with networks: [blue, green] and no profile`,
      )
    }),
    ...on(
      missing.length > 0,
      `the proposed .env.${environment} has no ${missing.join(', ')}, and the settings want it`,
      'add it there, or take it out of secrets in the settings',
    ),
    ...valueProblems(Object.fromEntries(there), given.values, `the proposed .env.${environment}`),
  ]
}
