import { randomBytes } from 'node:crypto'
import { commandText } from '../base/command-text.ts'
import { Failure, problemOf } from '../base/failure.ts'
import { attempt, type RunOptions } from '../base/shell.ts'
import { applicationLimits, label, ownerLabel, removeLeftovers } from './throwaway.ts'

/** In ms. Reading files takes a second; on a machine that is busy with other things, many. */
const patience = 180_000

/**
 * The command that reads something in an image: with no network, nothing mounted, and never by way of the image's own
 * entrypoint, which may wait for a database or migrate one. The label names the process that it belongs to.
 * @param variables names of those that it has from our environment: their values are not in `ps`
 */
export function readingCommand(
  image: string,
  [program = '', ...words]: readonly string[],
  name: string,
  variables: readonly string[] = [],
) {
  return [
    ...['docker', 'run', '--rm', '--name', name, '--label', `${label}=${ownerLabel()}`],
    ...applicationLimits,
    ...variables.flatMap(each => ['--env', each]),
    ...['--network', 'none', '--entrypoint', program, image, ...words],
  ]
}

type Reading = Pick<RunOptions, 'signal' | 'timeout' | 'env'>

/**
 * Runs a command in an image, only to read what is in there. Its container ends with the run, also where that is
 * stopped or killed: a container of a killed one is removed by the next that reads or checks anything.
 * @throws Failure when it takes longer than three minutes.
 */
export async function readInImage(image: string, command: readonly string[], options: Reading = {}) {
  await removeLeftovers()
  const name = `migrate-check-${Date.now().toString(36)}${randomBytes(3).toString('hex')}-read`
  try {
    const variables = Object.keys(options.env ?? {})
    return await attempt(readingCommand(image, command, name, variables), { timeout: patience, ...options })
  } catch (error) {
    await attempt(['docker', 'rm', '--force', '--volumes', name]) // the client was ended; its container runs on
    if (!(error instanceof Failure) || options.signal?.aborted) throw error
    const [program = '', ...words] = command
    const byHand = ['docker', 'run', '--rm', '--network', 'none', '--entrypoint', program, image, ...words]
    throw new Failure({
      ...problemOf(error),
      fix: `try again when the machine is less busy (free -m, uptime); what it waits for, this shows:\n${commandText(byHand)}`,
    })
  }
}

/**
 * Runs a program in Python: in the one that `alembic` itself runs in, which may be another than the first on the PATH. Where
 * its first line names a shell (pip and uv write `#!/bin/sh` before a path that is long, has a blank or may be moved), that
 * is the one beside it.
 */
export const withAlembicsPython = (program: string): string[] => ['sh', '-c', alembicsPython, 'sh', program]

const alembicsPython = [
  'program=$(readlink -f "$(command -v alembic)" 2> /dev/null)',
  'own=$(sed -n "1s/^#! *//p" "$program" 2> /dev/null)',
  'case "$own" in *python*) exec $own -c "$@" ;; esac',
  `own=\${program%/*}/python3; [ -x "$own" ] || own=python3`,
  'exec "$own" -c "$@"',
].join('; ')
