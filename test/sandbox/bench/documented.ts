import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { registry } from '../build-images.ts'
import { sandboxRoot } from '../root.ts'

/** Who holds the ports: the services themselves, or a proxy that finds them by their names, which docker-rollout needs. */
export type Entrance = 'own ports' | 'proxy'

/** Types something in the environment's directory, with that version in its `.env`. */
export type Type = (version: string, command: string) => Promise<string>

const ports = { backend: 8000, frontend: 3000 }
const directory = join(sandboxRoot, 'documented')
const here = { cwd: directory, env: { DOCKER_CONFIG: join(directory, '.docker') } }

/** Does something with an environment as it was documented before there was a toolkit, in a directory of its own. */
export async function inDocumented<T>(entrance: Entrance, act: (type: Type) => Promise<T>): Promise<T> {
  await removeDocumented()
  const password = randomBytes(16).toString('hex')
  mkdirSync(join(directory, 'uploads'), { recursive: true })
  writeFileSync(join(directory, 'docker-compose.yml'), composeFile(entrance, password))
  writeFileSync(join(directory, 'haproxy.cfg'), proxyFile)
  const login = ['docker', 'login', registry.host, '--username', registry.user, '--password-stdin']
  await run(login, { ...here, input: registry.password })
  try {
    return await act((version, command) => {
      writeFileSync(join(directory, '.env'), `COMPOSE_PROJECT_NAME=documented\nTAG=${version}\n`)
      return run(['bash', '-ec', command], here)
    })
  } finally {
    await removeDocumented()
  }
}

/** Removes what there is of it, of a benchmark that was killed as well. */
export async function removeDocumented(): Promise<void> {
  if (!existsSync(join(directory, '.env'))) return
  await run(['docker', 'compose', 'down', '--volumes', '--timeout', '1'], here)
  rmSync(directory, { recursive: true })
}

function composeFile(entrance: Entrance, password: string): string {
  const published = (part: keyof typeof ports, inside: number): string =>
    entrance === 'own ports' ? `ports: ["127.0.0.1:${ports[part]}:${inside}"]` : 'expose: []'
  const health = (test: string): string =>
    `healthcheck: { test: ${test}, interval: 5s, timeout: 5s, retries: 3, start_period: 60s }`
  return `services:
  db:
    image: ${registry.host}/library/postgres:17
    environment: { POSTGRES_DB: tracehub, POSTGRES_USER: tracehub, POSTGRES_PASSWORD: "${password}" }
    volumes: ["db-data:/var/lib/postgresql/data"]
    ${health('[CMD, pg_isready, --host, 127.0.0.1, --username, tracehub]')}
  backend:
    image: ${registry.host}/tracehub/tracehub-backend:\${TAG}
    environment:
      DATABASE_URL: postgresql://tracehub:${password}@db:5432/tracehub
      JWT_SECRET: "${password}"
    volumes: ["./uploads:/app/uploads"]
    depends_on: { db: { condition: service_healthy } }
    ${published('backend', 8000)}
    ${health(`[CMD, python3, -c, 'import urllib.request as u; u.urlopen("http://127.0.0.1:8000/health", timeout=4)']`)}
  frontend:
    image: ${registry.host}/tracehub/tracehub-frontend:\${TAG}
    depends_on: [backend]
    ${published('frontend', 80)}
    ${health(`[CMD-SHELL, 'wget -q -O /dev/null http://127.0.0.1/health || curl -fsS -o /dev/null http://127.0.0.1/health']`)}
${entrance === 'proxy' ? proxyService : ''}volumes:
  db-data:
`
}

const proxyService = `  proxy:
    image: ${registry.host}/library/haproxy:3.0
    ports: ["127.0.0.1:${ports.backend}:8000", "127.0.0.1:${ports.frontend}:3000"]
    volumes: ["./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
`

/** Finds every container of a service, and sends users to those whose health check it has seen pass. */
const proxyFile = `global
  maxconn 4000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch
resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 200ms
  hold obsolete 0s
  hold nx 0s
  timeout resolve 200ms
frontend backend_port
  bind :8000
  default_backend backend
frontend frontend_port
  bind :3000
  default_backend frontend
backend backend
  option httpchk GET /health
  server-template app 4 backend:8000 check inter 250ms fall 1 rise 1 resolvers docker init-addr none
backend frontend
  option httpchk GET /health
  server-template app 4 frontend:80 check inter 250ms fall 1 rise 1 resolvers docker init-addr none
`
