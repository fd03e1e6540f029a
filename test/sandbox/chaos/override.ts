import type { Environment } from '../../../lib/environment/environment.ts'
import inTheBox from '../override.ts'
import { frontHost } from './front.ts'

const seconds = 1000

/** The box, with images that come through a front of the registry which can fail; runs are many, and may be slow. */
export default function inTheStorm(environment: Environment): Environment {
  const box = inTheBox(environment)
  const image = (name: string): string => `${frontHost}/${name}`
  return {
    ...box,
    images: {
      backend: image('tracehub/tracehub-backend'),
      frontend: image('tracehub/tracehub-frontend'),
      database: image('library/postgres:17'),
      proxy: image('library/haproxy:3.0'),
    },
    timeouts: { ...box.timeouts, drain: 3 * seconds, healthy: 90 * seconds },
    stability: seconds,
    diskReserve: 16 * 1024 * 1024, // the environment's own disk is small
  }
}
