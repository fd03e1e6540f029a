import { inspect, isDeepStrictEqual } from 'node:util'
import type { Environment } from '../../environment/environment.ts'
import { checkSettings } from '../../environment/settings-schema.ts'
import type { OldStack } from './old-stack.ts'
import type { Service } from './service.ts'

/** Settings that are to be others than now, by their path: `ports.backend`. */
export type Change = ReturnType<typeof changesFor>[number]

type Stack = Pick<OldStack, 'database' | 'roles' | 'domains' | 'given'>
type Wanted = readonly [setting: string, is: unknown, why: string]

/** What has to change in an environment's settings for the old stack to fit in. */
export function changesFor(environment: Environment, stack: Stack) {
  const settings: Record<string, unknown> = { ...environment }
  const changes = wanted(environment, stack).flatMap(([setting, is, why]) => {
    const [key = '', inside] = setting.split('.')
    const whole = settings[key] as Readonly<Record<string, unknown>>
    const was = inside === undefined ? whole : whole[inside]
    if (is === undefined || isDeepStrictEqual(was, is)) return []
    settings[key] = inside === undefined ? is : { ...whole, [inside]: is }
    return { setting, was, is, why }
  })
  checkSettings(`the proposed ${environment.name}.ts`, settings)
  return changes
}

/** A settings file with these changes to those of the environment. @param up the way from it to the toolkit: `..` */
export function settingsText(name: string, changes: readonly Change[], up: string): string {
  const keys = [...new Set(changes.map(({ setting }) => setting.split('.')[0] ?? ''))]
  const lines = keys.flatMap(key => {
    const its = changes.filter(({ setting }) => setting.split('.')[0] === key)
    const inside = its.map(({ setting, is }) => `    ${setting.slice(key.length + 1)}: ${literal(is, 2)},`)
    return [
      ...its.map(({ setting, why }) => `  // ${setting}: ${why}`),
      ...(its[0]?.setting === key
        ? [`  ${key}: ${literal(its[0].is, 1)},`]
        : [`  ${key}: {`, `    ...now.${key},`, ...inside, '  },']),
    ]
  })
  return [
    `import now from '${up}/environments/${name}.ts'`,
    `import type { Environment } from '${up}/lib/environment/environment.ts'`,
    ...['', 'export default {', '  ...now,', ...lines, '} satisfies Environment', ''],
  ].join('\n')
}

/** A value as TypeScript has it, so many levels deep. */
export const literal = (value: unknown, level = 0): string =>
  inspect(value, { depth: null, breakLength: 90 }).replaceAll('\n', `\n${'  '.repeat(level)}`)

function wanted({ domain: now, externalChecks, images, smokeTests }: Environment, stack: Stack): Wanted[] {
  const { database, domains, given, roles } = stack
  const { backend, frontend } = roles
  const port = (service: Service | undefined): number | undefined =>
    service?.ports.find(({ host }) => host !== 80 && host !== 443)?.host
  const image = (service: Service | undefined): string | undefined =>
    service && !service.isLocal ? repositoryOf(service.container.image) : undefined
  const { path } = backend?.health ?? {}
  const tests = [
    { part: 'backend', path },
    { part: 'frontend', path: frontend?.health.path ?? '/' },
  ]
  const isNew = path !== undefined && !smokeTests.some(test => test.part === 'backend' && test.path === path)
  const domain = domains.includes(now) ? undefined : domains[0]
  const tables = [...database.revisions.keys()]
  const databases = databaseImage(images.database, roles.database.container.image, database.version)
  return [
    ['domain', domain, 'by certificates or rules, users know the old stack by it'],
    ['externalChecks', domain && externalChecks.map(url => url.replace(now, domain)), 'by that name'],
    ['ports.backend', port(backend), `${backend?.name} publishes it: something may lead there`],
    ['ports.frontend', port(frontend), `${frontend?.name} publishes it: something may lead there`],
    ['ports.database', port(roles.database), `${roles.database.name} publishes it`],
    ['images.backend', image(backend), 'where its image comes from'],
    ['images.frontend', image(frontend), 'where its image comes from'],
    ['images.database', databases, `the server is ${database.version}: moving and upgrading are two things`],
    ['database.name', database.name, 'the backend uses it'],
    ['database.user', database.owner, 'its owner'],
    ['database.versionTable', tables.length > 1 ? tables[0] : undefined, `one of ${tables.join(', ')}`],
    ['smokeTests', isNew ? tests : undefined, 'what the health checks ask for'],
    ...given.added.map((name): Wanted => [`secrets.${name}`, given.secrets[name], 'sounds like a secret']),
  ]
}

/** `ghcr.io/acme/backend` of `ghcr.io/acme/backend:main-12@sha256:…`. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/]*$/, '')

/** The one that runs, unless the settings' is of the same kind and major version. */
function databaseImage(settings: string, running: string, version: string): string | undefined {
  const kind = (image: string): string | undefined => repositoryOf(image).split('/').at(-1)
  const isSameMajor = new RegExp(`:${Number.parseInt(version, 10)}(\\D|$)`).test(settings)
  if (isSameMajor && kind(settings) === kind(running)) return undefined
  const repository = repositoryOf(running)
  if (running !== repository && !running.endsWith(':latest')) return running
  return `${repository}:${repository.includes('/') ? 'latest' : version}`
}
