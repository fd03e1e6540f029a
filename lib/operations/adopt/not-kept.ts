import { quoted } from '../../base/command-text.ts'
import type { Problem } from '../../base/failure.ts'
import { type Environment, parts } from '../../environment/environment.ts'
import { composeFile, on } from './blocking.ts'
import type { OldStack } from './old-stack.ts'
import { addressIn, hasEnded, waysTo } from './roles.ts'
import type { Service } from './service.ts'

type Stack = Pick<OldStack, 'roles' | 'services' | 'database' | 'given' | 'inFiles' | 'strangers'>
type About = Pick<Environment, 'name' | 'directory' | 'ports' | 'secrets'>
type Mount = Service['mounts'][number]

/** What cannot be kept as it is, and what to do about it. */
export const notKept = (environment: About, stack: Stack): Problem[] => [
  ...published(environment, stack),
  ...unlikeOurs(environment, stack),
  ...variables(environment, stack),
  ...besides(stack),
]

const isCertificate = ({ target }: Mount): boolean =>
  /letsencrypt|certs?\b|ssl|tls|\.pem$|\.key$/.test(target)
const isOurs = (mount: Mount): boolean =>
  /^\/app\/uploads$|^\/var\/lib\/postgresql|^\/backups$/.test(mount.target) || isCertificate(mount)
const isWeb = ({ host }: Service['ports'][number]): boolean => host === 80 || host === 443

function published({ ports }: About, { services, roles: { backend, database, frontend } }: Stack): Problem[] {
  const isFront = (one: Service): boolean =>
    one.ports.some(isWeb) || (one === frontend && one.mounts.some(isCertificate))
  const open = [backend, database].flatMap(one => {
    const all = (one?.ports ?? []).filter(({ address }) => address === '0.0.0.0' || address === '')
    return on(
      all.length > 0,
      `${one?.name} publishes ${all.map(({ host }) => host).join(', ')} to all addresses: here it is on 127.0.0.1 alone`,
      'lead whoever comes from elsewhere through what stands in front (docs/tls-edge.md), or SSH',
    )
  })
  const front = services.filter(isFront).map(one => ({
    what: [
      `${one.name} publishes ${one.ports.flatMap(port => (isWeb(port) ? port.host : [])).join(', ') || 'no port'}`,
      ...one.mounts.flatMap(mount => (isCertificate(mount) ? `ends TLS with ${mount.source}` : [])),
      `and here the frontend is plain HTTP on 127.0.0.1:${ports.frontend}`,
    ].join(', '),
    fix: 'the TLS edge takes 80, 443 and the certificates over (docs/tls-edge.md); the image serves plain HTTP on 80',
  }))
  return [...open, ...front]
}

/** What its containers have, and those that the toolkit makes of the same image have not. */
function unlikeOurs({ directory }: About, { roles }: Stack): Problem[] {
  const { backend, frontend } = roles
  const uploads = backend?.mounts.find(({ target }) => target === '/app/uploads')
  const to = `${directory}/uploads`
  const from = uploads?.type === 'bind' ? quoted(uploads.source) : `${backend?.container.name}:/app/uploads`
  return [
    ...Object.values(roles).flatMap(service => {
      if (service === undefined) return []
      const more = [
        ...(service.hasOwnCommand ? ['a command of its own (docker inspect shows it)'] : []),
        ...(service.replicas > 1 ? [`${service.replicas} containers`] : []),
        ...service.mounts.flatMap(mount => (isOurs(mount) ? [] : `${mount.source} at ${mount.target}`)),
        ...(service === frontend ? Object.keys(service.own) : []),
      ]
      const fix = `bring it into the image, or add it to ${composeFile}`
      return on(more.length > 0, `${service.name} has what it has not here: ${more.join(', ')}`, fix)
    }),
    ...on(
      uploads && uploads.source !== to,
      `the uploads are in ${uploads?.source}, and here in ${to}`,
      `${uploads?.type === 'bind' ? 'cp -a' : 'docker cp'} ${from}/. ${quoted(`${to}/`)}`,
    ),
    ...parts.flatMap(part =>
      on(
        roles[part]?.isLocal,
        `${roles[part]?.container.image} of ${roles[part]?.name} was built here, and no registry has it`,
        `push it and name it in images.${part}; or deploy with --build, from sources.${part} of the settings`,
      ),
    ),
  ]
}

function variables({ name, secrets }: About, { roles, given, inFiles }: Stack): Problem[] {
  const { backend, database } = roles
  const isOwn = /^postgresql:\/\/[^?]*$/.test(addressIn(roles) ?? 'postgresql://')
  const withheld = (key: string): boolean => secrets[key]?.services.includes('backend') === false
  const ways = [
    ...(isOwn ? [] : ['the driver or parameters of DATABASE_URL']),
    ...(backend ? waysTo(backend, database).filter(way => way !== 'DATABASE_URL') : []),
    ...Object.keys(backend?.own ?? {}).filter(withheld),
  ]
  const now = inFiles[backend?.name ?? '']?.environment ?? {}
  const changed = Object.keys(now).filter(key => (now[key] ?? '') !== (backend?.variables[key] ?? ''))
  return [
    ...on(
      given.unwritable.length > 0,
      `.env.${name} cannot hold ${given.unwritable.join(', ')}: a line end, ', \\ or \${ is in each`,
      'give the application another value, or the same in Base64',
    ),
    ...on(
      ways.length > 0,
      `${backend?.name} finds the database by ${ways.join(', ')}: a rotation of secrets does not change that`,
      'let the application read DATABASE_URL, which is postgresql://…@db:5432/… here',
    ),
    ...on(
      changed.length > 0,
      `the files have other values by now than ${backend?.name} runs with: ${changed.join(', ')}`,
      'what runs is what was taken',
    ),
  ]
}

function besides({ roles: { backend }, services, database, strangers }: Stack): Problem[] {
  const isWorker = (one: Service): boolean =>
    one !== backend && one.imageId === backend?.imageId && !hasEnded(one)
  const workers = services.flatMap(one => (isWorker(one) ? one.name : [])).join(', ')
  const found = strangers.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  return [
    ...on(
      database.others.length > 0,
      `the server has other databases: ${database.others.join(', ')}; an environment has one`,
      'give them a server of their own: pg_dump each before the old one is removed',
    ),
    ...on(
      database.isSuperuser,
      `${database.owner} is the server's superuser, and here it only owns the database`,
      'database.superuser keeps that, for an application that cannot do without (docs/secrets.md)',
    ),
    ...on(
      workers !== '',
      `${workers}: the backend's image, and no part of a release`,
      'it would go on with the old version and the old database: stop it with the old stack',
    ),
    ...on(
      found !== '',
      `a first deploy stops at ${found}`,
      'down without -v, and the files elsewhere, when you move: docs/install.md',
    ),
  ]
}
