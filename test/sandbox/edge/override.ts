import type { Environment } from '../../../lib/environment/environment.ts'
import inTheBox from '../override.ts'
import { ports } from './scene.ts'

export { edge } from '../override.ts'

/** The sandbox's settings, with external checks that go through the edge to where the domain leads in the real world. */
export default function throughTheEdge(environment: Environment): Environment {
  const settings = inTheBox(environment)
  return {
    ...settings,
    timeouts: { ...settings.timeouts, healthy: 180_000, request: 30_000 }, // two deploys and an update at once
    externalChecks: [`https://${environment.domain}/health`, `https://${environment.domain}/api/health`],
    externalAccess: { address: '127.0.0.1', port: ports.https, ca: process.env['SANDBOX_EDGE_CA'] ?? '' },
  }
}
