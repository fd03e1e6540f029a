import type { Edge } from '../lib/environment/environment.ts'

const seconds = 1000
const minutes = 60 * seconds
const days = 24 * 60 * minutes

/** The TLS edge. Whoever has a TLS terminator of their own leaves it out: see the README. */
export default {
  kind: 'edge',
  name: 'shared',
  directory: '/home/tracehub/shared',
  project: 'tracehub-shared',
  image: 'haproxy:3.0.10',
  ports: { http: 80, https: 443 },
  environments: ['production', 'staging'],
  backendPaths: ['/api/'],
  hsts: 365 * days,
  expiryWarning: 21 * days,
  rules: [],
  timeouts: { pull: 10 * minutes, ready: 20 * seconds, request: 10 * seconds, drain: 7 * minutes },
} satisfies Edge
