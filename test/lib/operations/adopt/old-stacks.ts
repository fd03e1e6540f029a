import type { Environment } from '../../../../lib/environment/environment.ts'
import type { DatabaseFacts } from '../../../../lib/operations/adopt/database-facts.ts'
import type { OldStack } from '../../../../lib/operations/adopt/old-stack.ts'
import { rolesOf } from '../../../../lib/operations/adopt/roles.ts'
import { parseServices, type Service } from '../../../../lib/operations/adopt/service.ts'
import { variablesOf } from '../../../../lib/operations/adopt/variables.ts'
import { environmentIn } from '../../fixtures.ts'

/** Stacks as the engine tells of them. */

/** What is to be told of one container; the rest is as usual. */
export interface Told {
  readonly image?: string
  readonly env?: Readonly<Record<string, string>>
  /** What its image brings. */
  readonly brings?: Readonly<Record<string, string>>
  readonly cmd?: readonly string[]
  readonly imageCmd?: readonly string[]
  readonly digests?: readonly string[]
  readonly status?: string
  readonly exitCode?: number
  readonly restart?: string
  readonly health?: string
  readonly mounts?: readonly (readonly [type: string, source: string, target: string])[]
  /** `0.0.0.0:80:80` */
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly needs?: readonly string[]
}

const listed = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `${name}=${value}`)

/** @param id a number for the container, by which its image is called as well unless `image` says */
function inspected(name: string, told: Told, id: number) {
  const { env = {}, brings = {}, cmd = ['run'], ports = [], mounts = [], needs = [] } = told
  return {
    Id: `${id}`.padStart(64, '0'),
    Name: `/old-${name}`,
    RestartCount: 0,
    Image: imageId(name, told),
    Config: {
      Image: told.image ?? `ghcr.io/acme/${name}:main-1`,
      Env: listed({ ...brings, ...env }),
      Cmd: cmd,
      Labels: {
        'com.docker.compose.project': 'old',
        'com.docker.compose.service': name,
        'com.docker.compose.depends_on': needs.map(each => `${each}:service_started:false`).join(','),
        ...told.labels,
      },
      ...(told.health && { Healthcheck: { Test: ['CMD-SHELL', told.health] } }),
    },
    HostConfig: { RestartPolicy: { Name: told.restart ?? 'unless-stopped' } },
    State: {
      ...{ Status: told.status ?? 'running', ExitCode: told.exitCode ?? 0, OOMKilled: false },
      StartedAt: '2026-01-03T12:00:01.5Z',
      ...(told.health && { Health: { Status: 'healthy', Log: null } }),
    },
    Mounts: mounts.map(([Type, source, Destination]) => ({
      ...{
        Type,
        Destination,
        Source: Type === 'volume' ? `/var/lib/docker/volumes/${source}/_data` : source,
      },
      ...(Type === 'volume' && { Name: source }),
    })),
    NetworkSettings: {
      Networks: Object.fromEntries(
        (told.networks ?? ['old_default']).map(network => [network, { IPAddress: '' }]),
      ),
      Ports: Object.fromEntries(
        ports.map(port => {
          const [HostIp = '', HostPort = '', inside = ''] = port.split(':')
          return [
            `${inside}/tcp`,
            [{ HostIp, HostPort }, ...(HostIp === '0.0.0.0' ? [{ HostIp: '::', HostPort }] : [])],
          ]
        }),
      ),
    },
  }
}

const imageId = (name: string, { image = name }: Told): string =>
  `sha256:${Buffer.from(image).toString('hex').padEnd(64, '0').slice(0, 64)}`

export type ToldStack = Readonly<Record<string, Told>>

/** What `docker inspect` and `docker image inspect` print. @param twice services of which there are two containers */
export function toldBy(
  stack: ToldStack,
  ...twice: readonly string[]
): { containers: string; images: string } {
  const all = Object.entries(stack).flatMap(([name, told]) =>
    (twice.includes(name) ? [1, 2] : [1]).map(() => [name, told] as const),
  )
  const images = Object.entries(stack).map(([name, told]) => ({
    Id: imageId(name, told),
    RepoDigests: told.digests ?? ['x@sha256:00'],
    Config: { Env: listed(told.brings ?? {}), Cmd: told.imageCmd ?? told.cmd ?? ['run'] },
  }))
  const containers = all.map(([name, told], i) => inspected(name, told, i))
  return { containers: JSON.stringify(containers), images: JSON.stringify(images) }
}

export function servicesOf(stack: ToldStack, ...twice: readonly string[]): Service[] {
  const { containers, images } = toldBy(stack, ...twice)
  return parseServices(containers, images)
}

export const environment = environmentIn('/home/tracehub/production', {
  database: { name: 'tracehub', user: 'tracehub' },
  smokeTests: [{ part: 'backend', path: '/health' }],
  externalChecks: ['https://tracehub.example/health'],
})

const facts: DatabaseFacts = {
  ...{ version: '15.8', name: 'tracehub', owner: 'tracehub', isSuperuser: true, bytes: 8_000_000 },
  ...{
    extensions: ['pg_trgm 1.6'],
    others: [],
    revisions: new Map([['public.alembic_version', 'a1b2c3d4']]),
  },
}

/** All that is read of a stack, without anything that has to run. */
export function oldStack(
  stack: ToldStack,
  more: { database?: Partial<DatabaseFacts>; dotenv?: Record<string, string>; twice?: string[] } & Partial<
    Pick<OldStack, 'domains' | 'inFiles' | 'strangers' | 'backups'>
  > = {},
  known: Environment = environment,
): OldStack {
  const { database, dotenv = {}, twice = [], ...others } = more
  const services = servicesOf(stack, ...twice)
  const roles = rolesOf(services)
  return {
    ...{ name: 'old', directory: '/srv/old', files: ['/srv/old/compose.yml'], environmentFiles: [] },
    ...{ compose: { command: ['docker', 'compose'], version: '2.26.1' }, dotenv, services, roles },
    ...{ inFiles: {}, domains: [], backups: [], strangers: [] },
    database: { ...facts, ...database },
    given: variablesOf(known, roles, dotenv),
    ...others,
  }
}

const postgres = { image: 'postgres:15', cmd: ['postgres'], brings: { PGDATA: '/var/lib/postgresql/data' } }
export const password = 'an-old-password-of-theirs'

/** The shape of what TraceHub's own team has. */
export const tracehub = {
  db: {
    ...postgres,
    env: { POSTGRES_USER: 'tracehub', POSTGRES_PASSWORD: password, POSTGRES_DB: 'tracehub' },
    health: 'pg_isready -U tracehub',
    mounts: [
      ['volume', 'old_tracehub_postgres_data', '/var/lib/postgresql/data'],
      ['bind', '/srv/old/backups', '/backups'],
    ],
  },
  backend: {
    brings: { PATH: '/usr/local/bin:/usr/bin', PYTHON_VERSION: '3.13' },
    env: {
      ...{
        DATABASE_URL: `postgresql://tracehub:${password}@db:5432/tracehub`,
        JWT_SECRET: 'a-secret-of-jwt',
      },
      ...{ JSONCARGO_API_KEY: '', PROPELAUTH_API_KEY: 'pa-7', LOG_LEVEL: 'info' },
    },
    mounts: [
      ['bind', '/srv/old/uploads', '/app/uploads'],
      ['bind', '/srv/old/logs', '/app/logs'],
    ],
    needs: ['db'],
  },
  frontend: {
    ports: ['0.0.0.0:80:80', '0.0.0.0:443:443'],
    mounts: [['bind', '/etc/letsencrypt', '/etc/letsencrypt']],
    needs: ['backend'],
  },
} as const satisfies ToldStack

/** The shape of fastapi/full-stack-fastapi-template's. */
export const fastapi = {
  adminer: { image: 'adminer', networks: ['old_default', 'traefik-public'], needs: ['db'] },
  backend: {
    image: 'ghcr.io/acme/backend:latest',
    env: {
      ...{ DOMAIN: 'app.example', POSTGRES_SERVER: 'db', POSTGRES_PORT: '5432', POSTGRES_DB: 'app' },
      ...{ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: password, SECRET_KEY: 'key-of-the-template' },
      ...{ FIRST_SUPERUSER_PASSWORD: 'changethis', SMTP_HOST: '', SENTRY_DSN: '' },
    },
    health: 'curl -f http://localhost:8000/api/v1/utils/health-check/',
    networks: ['old_default', 'traefik-public'],
    labels: { 'traefik.http.routers.a.rule': 'Host(`api.app.example`)' },
    needs: ['db', 'prestart'],
  },
  db: {
    ...postgres,
    image: 'postgres:17',
    env: { POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: password, POSTGRES_DB: 'app' },
    mounts: [['volume', 'old_app-db-data', '/var/lib/postgresql/data']],
  },
  frontend: {
    image: 'ghcr.io/acme/frontend:latest',
    networks: ['old_default', 'traefik-public'],
    labels: { 'traefik.http.routers.b.rule': 'Host(`dashboard.app.example`)' },
  },
  prestart: {
    image: 'ghcr.io/acme/backend:latest',
    ...{ env: { POSTGRES_SERVER: 'db' }, cmd: ['bash', 'scripts/prestart.sh'] },
    ...{ status: 'exited', restart: '' },
  },
  traefik: { image: 'traefik:3.0', ports: ['0.0.0.0:80:80', '0.0.0.0:443:443'] },
} as const satisfies ToldStack
