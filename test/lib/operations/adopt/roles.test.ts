import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rolesOf, waysTo } from '../../../../lib/operations/adopt/roles.ts'
import { failureOf } from '../../fixtures.ts'
import { fastapi, servicesOf, type ToldStack, tracehub } from './old-stacks.ts'

const { db, backend, frontend } = tracehub
const way = (host: string): { env: { DATABASE_URL: string } } => ({
  env: { DATABASE_URL: `postgresql+asyncpg://u:p@${host}/x` },
})
const shown = ({ database, backend: back, frontend: front }: ReturnType<typeof rolesOf>): string =>
  [database, back, front].map(service => service?.name ?? '–').join(' ')

const roles = suite('adopt: which service is what')

const cases: [title: string, stack: ToldStack, roles: string][] = [
  ["TraceHub's own", tracehub, 'db backend frontend'],
  [
    "FastAPI's template: its proxy, its tool and what has ended are none of them",
    fastapi,
    'db backend frontend',
  ],
  [
    'names that say nothing: by who leads where and who publishes what',
    {
      store: db,
      one: { ...way('store:5432'), ports: ['127.0.0.1:8000:8000'] },
      two: { ports: ['0.0.0.0:443:443'] },
    },
    'store one two',
  ],
  ['the database by the name of its container', { pg: db, api: way('old-pg'), ui: {} }, 'pg api ui'],
  [
    'a worker runs the backend’s image and is neither',
    { db, api: { ...way('db'), image: 'a' }, frontworker: { ...way('db'), image: 'a' } },
    'db api –',
  ],
  [
    'of two servers, the one that is asked; a job that dumps it is no server',
    { db, api: way('db'), web: {}, metrics: db, 'db-backup': { ...db, cmd: ['/init.sh'] } },
    'db api web',
  ],
  [
    'what looks after a database is no backend, whatever it is called',
    {
      db,
      one: way('db'),
      'app-metrics': {
        ...way('db'),
        image: 'reg.example:5000/prom/postgres-exporter:1',
        ports: ['0.0.0.0:9187:9187'],
      },
      ui: {},
    },
    'db one ui',
  ],
  ['nobody leads to the database', { db, worker: {} }, 'db – –'],
  [
    'a proxy is no frontend',
    { db, api: way('db'), edge: { image: 'caddy:2', ports: ['0.0.0.0:443:443'] } },
    'db api –',
  ],
  [
    'what is stopped is not it',
    { db, backend: { ...backend, status: 'exited', exitCode: 1 }, frontend },
    'db – frontend',
  ],
]
for (const [title, stack, expected] of cases)
  roles(title, () => assert.is(shown(rolesOf(servicesOf(stack))), expected))

roles('services that a person has named', () => {
  const services = servicesOf({ db, other: db, api: way('db'), jobs: way('other'), web: {} })
  assert.is(shown(rolesOf(services, { database: 'other', backend: 'jobs' })), 'other jobs web')
})

const failures: [title: string, stack: ToldStack, named: Parameters<typeof rolesOf>[1], what: string][] = [
  ['no database', { backend, frontend }, {}, 'no service of the stack is a PostgreSQL server'],
  [
    'two that are asked',
    { db, second: db, api: way('db'), auth: way('second') },
    {},
    'db and second are all databases, and an environment has one',
  ],
  ['a name of none', tracehub, { backend: 'api' }, '--backend is api, and there is no such service'],
]
for (const [title, stack, named, what] of failures)
  roles(title, async () => {
    const failure = await failureOf(() => rolesOf(servicesOf(stack), named))
    assert.equal([failure.what, failure.exitCode], [what, 1])
  })

const values: [variable: string, value: string, leads: boolean][] = [
  ['CACHE_HOST', 'redis', true],
  ['CACHE', 'redis', false],
  ['CACHE', 'old-redis:6379', true],
  ['CACHE', 'redis://redis:6379/0', true],
  ['CACHE', 'redis://:secret@redis', true],
  ['CACHE', 'a:1,redis:6379', true],
  ['CACHE', 'rediss://elsewhere.example/redis', false],
  ['CACHE_HOST', 'my-redis', false],
  ['CACHE_URL', 'https://example.org/redis-docs', false],
  ['CACHE_HOST', '/data/redis', false],
]
roles('what leads to another service, by its name in a value', () => {
  for (const [variable, value, leads] of values) {
    const [api, redis] = servicesOf({ api: { env: { [variable]: value } }, redis: { image: 'redis:7' } })
    assert.ok(api && redis)
    assert.equal(waysTo(api, redis), leads ? [variable] : [], `${variable} ${value}`)
  }
})

roles.run()
