import { variable } from '../base/caller.ts'
import { attempt } from '../base/shell.ts'

/** `docker compose` (v2, preferred) or `docker-compose` (v1). */
export interface Compose {
  readonly command: readonly string[]
  readonly version: string
}

/** The compose that this machine has, asked for at most `timeout` ms. `TRACEHUB_COMPOSE=docker-compose` asks for v1. */
export async function findCompose(timeout = 60_000): Promise<Compose | undefined> {
  const wanted = variable('TRACEHUB_COMPOSE')?.split(' ')
  for (const command of wanted ? [wanted] : [['docker', 'compose'], ['docker-compose']]) {
    const { ok, stdout } = await attempt([...command, 'version', '--short'], { timeout })
    if (ok) return { command, version: stdout.trim().replace(/^v/, '') }
  }
  return undefined
}

/** What is taken to be here until preflight says that it is not. */
export const usualCompose: Compose = { command: ['docker', 'compose'], version: 'none' }

/** The same; where there is none, the usual one. */
export const composeHere = async (): Promise<Compose> => (await findCompose()) ?? usualCompose
