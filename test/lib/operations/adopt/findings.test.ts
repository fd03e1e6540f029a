import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shippedComposeFile } from '../../../../lib/environment/directory.ts'
import { blocking } from '../../../../lib/operations/adopt/blocking.ts'
import { notKept } from '../../../../lib/operations/adopt/not-kept.ts'
import { environment, fastapi, oldStack, password, type ToldStack, tracehub } from './old-stacks.ts'

type More = Parameters<typeof oldStack>[1]
const { db, backend } = tracehub
/** Nothing of it has to change. */
const plain: ToldStack = {
  db,
  backend: { ...backend, mounts: [['bind', '/home/tracehub/production/uploads', '/app/uploads']] },
  frontend: { needs: ['backend'] },
}
const quiet: More = { database: { isSuperuser: false } }

const lost = (stack: ToldStack, more: More = quiet): string[] =>
  notKept(environment, oldStack(stack, more)).map(({ what }) => what)
const blocked = (stack: ToldStack, shipped = shippedComposeFile(), more: More = {}): string[] =>
  blocking(environment, oldStack(stack, more), shipped).map(({ what }) => what)

const keeping = suite('adopt: what cannot be kept as it is')

keeping('nothing, of a stack that is like ours', () => assert.equal(lost(plain), []))

keeping("TraceHub's own", () =>
  assert.equal(lost(tracehub, {}), [
    'frontend publishes 80, 443, ends TLS with /etc/letsencrypt, and here the frontend is plain HTTP on 127.0.0.1:3000',
    'backend has what it has not here: /srv/old/logs at /app/logs',
    'the uploads are in /srv/old/uploads, and here in /home/tracehub/production/uploads',
    "tracehub is the server's superuser, and here it only owns the database",
  ]),
)

keeping("FastAPI's template", () =>
  assert.equal(lost(fastapi), [
    'traefik publishes 80, 443, and here the frontend is plain HTTP on 127.0.0.1:3000',
    'backend finds the database by POSTGRES_SERVER: a rotation of secrets does not change that',
  ]),
)

const cases: [title: string, stack: ToldStack, more: More, what: RegExp][] = [
  [
    'a backend that all the world reaches',
    { ...plain, backend: { ...plain['backend'], ports: ['0.0.0.0:8000:8000'] } },
    quiet,
    /^backend publishes 8000 to all addresses: here it is on 127\.0\.0\.1 alone$/,
  ],
  [
    'a database likewise',
    { ...plain, db: { ...db, ports: ['0.0.0.0:5432:5432'] } },
    quiet,
    /^db publishes 5432/,
  ],
  [
    'plain HTTP on 80',
    { ...plain, frontend: { needs: ['backend'], ports: ['0.0.0.0:80:80'] } },
    quiet,
    /^frontend publishes 80, and here the frontend is plain HTTP on 127\.0\.0\.1:3000$/,
  ],
  [
    'an image that no registry has',
    { ...plain, frontend: { image: 'old-frontend', digests: [], needs: ['backend'] } },
    quiet,
    /^old-frontend of frontend was built here, and no registry has it$/,
  ],
  [
    "a command that is not the image's",
    { ...plain, backend: { ...plain['backend'], cmd: ['uvicorn'], imageCmd: ['gunicorn'] } },
    quiet,
    /^backend has what it has not here: a command of its own \(docker inspect shows it\)$/,
  ],
  [
    'settings of the server in its command',
    { ...plain, db: { ...db, cmd: ['postgres', '-c', 'max_connections=300'], imageCmd: ['postgres'] } },
    quiet,
    /^db has what it has not here: a command of its own/,
  ],
  [
    'certificates of one that publishes nothing',
    { ...plain, frontend: { needs: ['backend'], mounts: [['volume', 'old_certs', '/etc/nginx/ssl']] } },
    quiet,
    /^frontend publishes no port, ends TLS with old_certs, and here/,
  ],
  [
    'a mount in a directory whose name sounds like certificates',
    {
      ...plain,
      frontend: { needs: ['backend'], mounts: [['bind', '/srv/acme-ssl/conf', '/etc/nginx/conf.d']] },
    },
    quiet,
    /^frontend has what it has not here: \/srv\/acme-ssl\/conf at \/etc\/nginx\/conf\.d$/,
  ],
  [
    'two backends',
    plain,
    { ...quiet, twice: ['backend'] },
    /^backend has what it has not here: 2 containers$/,
  ],
  [
    'uploads in a volume',
    { ...plain, backend: { ...backend, mounts: [['volume', 'old_uploads', '/app/uploads']] } },
    quiet,
    /^the uploads are in old_uploads, and here in/,
  ],
  [
    'more databases in the server',
    plain,
    { database: { isSuperuser: false, others: ['keycloak', 'umami'] } },
    /^the server has other databases: keycloak, umami; an environment has one$/,
  ],
  [
    'a value that the file cannot hold',
    { ...plain, backend: { ...plain['backend'], env: { ...backend.env, PEM: 'a\nb', TEXT: "it's" } } },
    quiet,
    /^\.env\.production cannot hold PEM, TEXT: /,
  ],
  [
    'a driver in the address',
    { ...plain, backend: { ...plain['backend'], env: { DATABASE_URL: 'postgresql+asyncpg://u:p@db/x' } } },
    quiet,
    /^backend finds the database by the driver or parameters of DATABASE_URL: a rotation/,
  ],
  [
    'parameters in the address',
    {
      ...plain,
      backend: { ...plain['backend'], env: { DATABASE_URL: 'postgresql://u:p@db/x?sslmode=disable' } },
    },
    quiet,
    /^backend finds the database by the driver or parameters of DATABASE_URL: a rotation/,
  ],
  [
    'the password of the database, for the backend as well',
    { ...plain, backend: { ...plain['backend'], env: { ...backend.env, DB_PASSWORD: password } } },
    quiet,
    /^backend finds the database by DB_PASSWORD: a rotation/,
  ],
  [
    'files that say something else by now',
    plain,
    {
      ...quiet,
      inFiles: { backend: { environment: { JWT_SECRET: 'changed', LOG_LEVEL: 'info', NEW: null } } },
    },
    /^the files have other values by now than backend runs with: JWT_SECRET$/,
  ],
  [
    'variables of a frontend',
    { ...plain, frontend: { needs: ['backend'], env: { API_URL: '/api' } } },
    quiet,
    /^frontend has what it has not here: API_URL$/,
  ],
  [
    'a worker',
    { ...plain, backend: { ...plain['backend'], image: 'a' }, worker: { image: 'a' } },
    quiet,
    /^worker: the backend's image, and no part of a release$/,
  ],
  [
    'what a first deploy stops at',
    plain,
    { ...quiet, strangers: [{ kind: 'file', name: '.env', about: '', isInTheWay: false }] },
    /^a first deploy stops at file \.env$/,
  ],
]
for (const [title, stack, more, what] of cases)
  keeping(title, () => {
    const all = lost(stack, more)
    assert.ok(
      all.some(one => what.test(one)),
      all.join('\n'),
    )
    assert.is(all.length, 1, all.join('\n'))
  })

keeping('how the uploads come along', () => {
  const fixes = notKept(environment, oldStack(tracehub)).flatMap(({ fix }) => fix ?? [])
  assert.ok(fixes.includes('cp -a /srv/old/uploads/. /home/tracehub/production/uploads/'))
})

keeping.run()

const blocks = suite('adopt: what blocks a move')

blocks("nothing of TraceHub's own", () => assert.equal(blocked(tracehub), []))

blocks("FastAPI's template: its health check, until the compose file has it, and a placeholder", () => {
  const health =
    'the health check of backend asks for /api/v1/utils/health-check/, and that of environments/docker-compose.yml does not'
  const placeholder = 'FIRST_SUPERUSER_PASSWORD in the proposed .env.production is still a placeholder'
  const missing = 'the proposed .env.production has no JWT_SECRET, and the settings want it'
  assert.equal(blocked(fastapi), [health, missing, placeholder])
  const adapted = shippedComposeFile().replaceAll('/health ', '/api/v1/utils/health-check/ ')
  assert.equal(blocked(fastapi, adapted), [missing, placeholder])
})

const redis: ToldStack = {
  ...tracehub,
  backend: { ...backend, env: { ...backend.env, REDIS_URL: 'redis://redis:6379/0' } },
  redis: { image: 'redis:7' },
}
blocks('a service that no colour reaches, until the compose file has it', () => {
  assert.equal(blocked(redis), ['backend finds redis by REDIS_URL, and no colour reaches it'])
  assert.equal(blocked(redis, `${shippedComposeFile()}\n  redis:\n    image: redis:7\n`), [])
  assert.equal(blocked({ ...redis, redis: { status: 'exited', restart: '' } }), [])
})

const ports: [ports: string[], health: string | undefined, what: string[]][] = [
  [['127.0.0.1:80:8000'], undefined, []],
  [[], 'curl -f http://localhost:8000/health', []],
  [
    ['127.0.0.1:8000:5000'],
    undefined,
    ['backend listens on 5000; the proxy and the health check expect 8000'],
  ],
  [
    [],
    'wget -q -O- http://127.0.0.1:3000/health ',
    ['backend listens on 3000; the proxy and the health check expect 8000'],
  ],
]
for (const [published, health, what] of ports)
  blocks(`a port: ${published} ${health}`, () => {
    const told = { ...backend, ports: published, ...(health && { health }) }
    assert.equal(blocked({ ...tracehub, backend: told }), what)
  })

blocks('a secret that the settings want, and the file cannot hold', () => {
  const told = { ...backend, env: { ...backend.env, JWT_SECRET: "it's" } }
  assert.equal(blocked({ ...tracehub, backend: told }), [
    'the proposed .env.production has no JWT_SECRET, and the settings want it',
  ])
})

blocks('parts that are not seen, each with the word that names it', () => {
  const [first, second] = blocking(environment, oldStack({ db }), '')
  assert.is(first?.what, 'no service is seen to be the backend')
  assert.is(second?.fix, '--frontend <service>  names it: db')
})

blocks.run()
