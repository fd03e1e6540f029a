import type { Environment } from '../../../lib/environment/environment.ts'
import inTheBox from '../override.ts'

/** The box, with the application where the workflows have it. Nothing here waits in vain: a busy machine may be slow. */
export default (environment: Environment): Environment => ({
  ...inTheBox(environment),
  timeouts: { ...inTheBox(environment).timeouts, healthy: 120_000 },
  sources: { backend: 'tracehub/backend', frontend: 'tracehub/frontend' },
})
