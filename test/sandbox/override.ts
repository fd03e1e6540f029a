import { join } from 'node:path'
import type { Edge, Environment } from '../../lib/environment/environment.ts'
import { registry } from './build-images.ts'
import { sandboxRoot } from './root.ts'

const seconds = 1000

/** Points an environment at the box: its registry, its directory, its patience. The rest is as in production. */
export default function inTheBox(environment: Environment): Environment {
  const image = (name: string): string => `${registry.host}/${name}`
  return {
    ...environment,
    directory: join(sandboxRoot, environment.name),
    images: {
      backend: image('tracehub/tracehub-backend'),
      frontend: image('tracehub/tracehub-frontend'),
      database: image('library/postgres:17'),
      proxy: image('library/haproxy:3.0'),
    },
    sources: { backend: 'test/sandbox/tracehub/backend', frontend: 'test/sandbox/tracehub/frontend' },
    externalChecks:
      environment.externalChecks.length === 0
        ? []
        : [`http://127.0.0.1:${environment.ports.frontend}/api/health`],
    timeouts: { ...environment.timeouts, healthy: 45 * seconds, drain: 6 * seconds },
    stability: 3 * seconds,
    diskReserve: 256 * 1024 * 1024,
    memoryReserve: 256 * 1024 * 1024,
  }
}

/** The edge in the box: the ports of the real one need root, and may be somebody's on a developer's machine. */
export function edge(settings: Edge): Edge {
  return {
    ...settings,
    directory: join(sandboxRoot, settings.name),
    image: `${registry.host}/library/haproxy:${process.env['SANDBOX_EDGE_TAG'] || '3.0'}`,
    ports: { http: 8080, https: 8443 },
    rules: process.env['TRACEHUB_EDGE_RULES']?.split('\n') ?? [],
  }
}
