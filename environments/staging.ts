import type { Environment } from '../lib/environment/environment.ts'
import { secretsOf, tracehub } from './_tracehub.ts'

export default {
  ...tracehub,
  name: 'staging',
  directory: '/home/tracehub/staging',
  project: 'tracehub-staging',
  suffix: 'staging',
  domain: 'staging.tracehub.vibotaj.com',
  branch: 'develop',
  strategy: 'rolling',
  confirm: false,
  rehearse: false,
  ports: { backend: 8100, frontend: 3100, database: 5532 },
  secrets: secretsOf('STAGING'),
  externalChecks: [],
} satisfies Environment
