import type { Container } from '../../../../lib/docker/containers.ts'
import type { Facts, Known } from '../../../../lib/operations/status/facts.ts'
import type { RunSummary } from '../../../../lib/operations/status/runs.ts'
import { backup } from '../../backup/fixtures.ts'
import { day, environmentIn, release } from '../../fixtures.ts'

export const now = Date.UTC(2026, 0, 31, 12)
export const is = <T>(value: T): Known<T> => ({ known: true, value })
export const isNot = (why: string): { known: false; why: string } => ({ known: false, why })

export const container = (service: string, changes: Partial<Container> = {}): Container => ({
  ...{ id: `id-${service}`, name: `tracehub-${service}-prod`, service, image: 'image', status: 'running' },
  ...{ health: 'healthy', restarts: 0, startedAt: now - day, exitCode: 0, oomKilled: false },
  ...{ addresses: ['172.20.0.2'], lastCheck: '', healthCommand: [] },
  ...changes,
})

export const run = (changes: Partial<RunSummary> = {}): RunSummary => ({
  ...{ run: '20260131-110000.000-deploy', script: 'deploy', at: now - day, who: 'ada', why: undefined },
  ...{ outcome: 'done', exitCode: 0, took: 20_000, problem: undefined },
  ...{ tag: 'main-1', images: undefined, release: undefined, noticed: undefined },
  ...changes,
})

/** An environment with which all is well. */
export function facts(changes: Partial<Facts> = {}): Facts {
  const last = backup(now - day)
  return {
    environment: environmentIn('/home/tracehub/production', {
      provedOn: { environment: 'staging', otherwise: 'warn' },
    }),
    at: now,
    isThere: true,
    closed: undefined,
    secrets: [],
    engine: is('28.0.0'),
    live: { onDisk: 'blue', served: 'blue' },
    release: release(1, { at: now - day }),
    damagedHistory: undefined,
    verifiedAt: now - 2 * day,
    containers: is(['db', 'proxy', 'backend-blue', 'frontend-blue'].map(name => container(name))),
    usage: is(new Map([['id-backend-blue', { cpu: 0.5, memory: 2 ** 28, memoryLimit: 2 ** 30 }]])),
    traffic: is({
      total: { requests: 1000, errors: 1, open: 0 },
      now: { requests: 30, errors: 0, open: 0 },
      ms: 1500,
    }),
    database: is({
      ...{ version: '17.5 (Debian)', bytes: 2 ** 23, connections: 6, maxConnections: 100 },
      ...{ blocked: 0, oldestTransaction: 0, schema: 'rev1', collations: [] },
    }),
    databaseTrouble: undefined,
    head: is('rev1'),
    backups: is({ count: 3, bytes: 3000, last, oldest: last, verified: undefined, fromFuture: [] }),
    disks: [
      { holds: 'disk', path: '/data', total: 2 ** 40, free: 2 ** 39, inodes: 1_000_000, inodesFree: 900_000 },
    ],
    certificates: [is({ where: 'tracehub.example:443', names: 'tracehub.example', until: now + 60 * day })],
    users: is('served'),
    failingAddresses: new Map(),
    lock: undefined,
    runs: is([run()]),
    ...changes,
  }
}
