import type { Environment } from '../../../lib/environment/environment.ts'
import inTheBox from '../override.ts'

/** An environment that wants more disk and memory than any machine has. */
export default function greedy(environment: Environment): Environment {
  return { ...inTheBox(environment), diskReserve: 2 ** 60, memoryReserve: 2 ** 60 }
}
