import { randomBytes } from 'node:crypto'
import { attempt, type Ran } from '../base/shell.ts'
import { label, removeLeftovers } from './leftovers.ts'
import { ownerLabel } from './owner.ts'
import { applicationLimits } from './throwaway.ts'

/** In ms. Reading files takes a second; on a machine that is busy with other things, many. */
const patience = 180_000

/**
 * The command that reads something in an image: with no network, no secrets, nothing mounted, and never by way of the
 * image's own entrypoint, which may wait for a database or migrate one. The label names the process that it belongs to.
 */
export function readingCommand(image: string, [program = '', ...words]: readonly string[], name: string) {
  return [
    ...['docker', 'run', '--rm', '--name', name, '--label', `${label}=${ownerLabel()}`],
    ...applicationLimits,
    ...['--network', 'none', '--entrypoint', program, image, ...words],
  ]
}

/**
 * Runs a command in an image, only to read what is in there. Its container ends with the run, also where that is
 * stopped or killed: a container of a killed one is removed by the next that reads or checks anything.
 * @throws Failure when it takes longer than three minutes.
 */
export async function readInImage(
  image: string,
  command: readonly string[],
  options: { signal?: AbortSignal; timeout?: number } = {},
): Promise<Ran> {
  await removeLeftovers()
  const name = `migrate-check-${Date.now().toString(36)}${randomBytes(3).toString('hex')}-read`
  try {
    return await attempt(readingCommand(image, command, name), { timeout: patience, ...options })
  } catch (error) {
    await attempt(['docker', 'rm', '--force', '--volumes', name]) // the client was ended; its container runs on
    throw error
  }
}
