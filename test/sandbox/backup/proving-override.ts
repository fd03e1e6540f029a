import type { Environment } from '../../../lib/environment/environment.ts'
import inTheBox from '../override.ts'

/** An environment that verifies the backup before a deploy. */
export default function proving(environment: Environment): Environment {
  return { ...inTheBox(environment), proveBeforeDeploy: true }
}
