import type { Environment } from '../lib/environment/environment.ts'
import { secretsOf, tracehub } from './_tracehub.ts'

export default {
  ...tracehub,
  name: 'production',
  directory: '/home/tracehub/production',
  project: 'tracehub-production',
  suffix: 'prod',
  domain: 'tracehub.vibotaj.com',
  branch: 'main',
  strategy: 'blue-green',
  provedOn: { environment: 'staging', otherwise: 'warn' },
  confirm: true,
  rehearse: false,
  ports: { backend: 8000, frontend: 3000, database: 5432 },
  secrets: secretsOf('PRODUCTION'),
  externalChecks: ['https://tracehub.vibotaj.com/health', 'https://tracehub.vibotaj.com/api/health'],
} satisfies Environment
