import { variable } from '../lib/base/caller.ts'
import type { Environment } from '../lib/environment/environment.ts'

const seconds = 1000
const minutes = 60 * seconds
const days = 24 * 60 * minutes
const MiB = 1024 * 1024

/** The repository whose images are deployed. Registries want lower case. */
const repository = (variable('GITHUB_REPOSITORY') ?? 'vibotaj/tracehub').toLowerCase()

/** The secrets of `.env.<name>`, who is given each, and the variable that CI has it in. */
export const secretsOf = (prefix: 'PRODUCTION' | 'STAGING') =>
  ({
    // The backend gets DATABASE_URL, made from it.
    DB_PASSWORD: {
      services: ['db'],
      as: 'POSTGRES_PASSWORD',
      variable: `${prefix}_DB_PASSWORD`,
      leastLength: 20,
    },
    JWT_SECRET: { services: ['backend'], variable: `${prefix}_JWT_SECRET`, leastLength: 32 },
    VIZION_API_KEY: { services: ['backend'], variable: 'VIZION_API_KEY' },
    DEMO_PASSWORD: { services: ['backend'], variable: 'DEMO_PASSWORD', leastLength: 10 },
    NOTIFY_WEBHOOK_URL: { services: [], optional: true }, // read by the toolkit alone
  }) as const satisfies Environment['secrets']

/** What every environment of TraceHub has in common. */
export const tracehub = {
  images: {
    backend: `ghcr.io/${repository}/tracehub-backend`,
    frontend: `ghcr.io/${repository}/tracehub-frontend`,
    database: 'postgres:17.7',
    proxy: 'haproxy:3.0.10',
  },
  sources: { backend: 'tracehub/backend', frontend: 'tracehub/frontend' },
  database: { name: 'tracehub', user: 'tracehub' },
  smokeTests: [
    { part: 'backend', path: '/health', json: { status: 'healthy', database: 'connected' } },
    { part: 'backend', path: '/api/version' },
    { part: 'backend', path: '/api/shipments?limit=1' },
    { part: 'frontend', path: '/health' },
    { part: 'frontend', path: '/', contains: '<' },
    { part: 'frontend', path: '/api/health', json: { status: 'healthy' } },
  ],
  timeouts: {
    pull: 10 * minutes,
    backup: 30 * minutes,
    healthy: 2 * minutes,
    migrate: 15 * minutes,
    request: 10 * seconds,
    drain: 30 * seconds,
  },
  stability: 30 * seconds,
  retention: { releases: 5, backups: 10 },
  windows: { logs: 30 * days, standby: 7 * days, databases: 14 * days, compress: 2 * days },
  alarms: {
    backup: 7 * days,
    proof: 31 * days,
    certificate: 21 * days,
    diskFree: 0.1,
    inodesFree: 0.05,
    connections: 0.8,
    memory: 0.9,
  },
  diskReserve: 2048 * MiB,
  memoryReserve: 512 * MiB,
} as const satisfies Partial<Environment>
