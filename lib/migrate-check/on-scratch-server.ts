import { randomBytes } from 'node:crypto'
import { removeLeftovers } from '../docker/throwaway.ts'
import type { ScratchServer } from './scratch-server.ts'

/** A word that names this run's databases and containers. */
export const checkId = (): string => `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`

/** Does something on a scratch server that is started for it, and takes it away afterwards, as well as what killed runs have left. */
export async function onScratchServer<T>(
  start: (id: string) => Promise<ScratchServer>,
  act: (server: ScratchServer, id: string) => Promise<T>,
): Promise<T> {
  await removeLeftovers()
  const id = checkId()
  const server = await start(id)
  try {
    return await act(server, id)
  } finally {
    await server.close()
  }
}
