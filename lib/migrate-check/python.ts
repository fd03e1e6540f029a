import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { withAlembicsPython } from '../docker/image-reading.ts'
import { applicationLimits, label, ownerLabel } from '../docker/throwaway.ts'
import type { ScratchServer } from './scratch-server.ts'

/** Where Alembic runs: with the Python of this machine, or in an image, with or without this machine's sources. */
export interface Place {
  readonly backend: string | undefined
  readonly image: string | undefined
  readonly python: string | undefined
  /** Settings that env.py needs. */
  readonly variables: Readonly<Record<string, string>>
}

const sources = join(import.meta.dirname, 'python')
const start = (path: string): string =>
  `import sys; '' in sys.path and sys.path.remove(''); sys.path.append('${path}'); import runpy; runpy.run_module('migrate_check', run_name='__main__')`

/** The command that starts the Python half, what it calls the backend's directory, and the server's address from there. */
export interface Invocation {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** null: the image's own working directory. */
  readonly directory: string | null
  readonly url: string
}

export function invocation(place: Place, server: ScratchServer, id: string): Invocation {
  const variables = { ...place.variables, PYTHONDONTWRITEBYTECODE: '1' }
  const env = { ...process.env, ...variables } as Record<string, string>
  if (place.image === undefined) {
    const backend = resolve(place.backend ?? '.')
    const own = join(backend, '.venv', 'bin', 'python')
    const python = place.python ?? (existsSync(own) ? own : 'python3')
    return {
      command: [python, '-c', start(sources)],
      env,
      directory: backend,
      url: server.url,
    }
  }
  const [program = '', ...words] = withAlembicsPython(start('/migrate-check'))
  makeReadable(sources)
  const mounted = place.backend === undefined ? [] : ['--volume', `${resolve(place.backend)}:/backend:ro`]
  return {
    command: [
      ...['docker', 'run', '--interactive', '--rm', '--name', `migrate-check-${id}-python`],
      ...['--label', `${label}=${ownerLabel()}`],
      ...applicationLimits,
      ...server.network,
      ...['--volume', `${sources}:/migrate-check:ro`, ...mounted],
      ...Object.keys(variables).flatMap(name => ['--env', name]), // values come from our environment: not in `ps`
      ...['--entrypoint', program, place.image, ...words],
    ],
    env,
    directory: place.backend === undefined ? null : '/backend',
    url: server.urlInside,
  }
}

/** For the user of an image, whoever that is: where a clone was made with umask 077, it is for its owner alone. */
function makeReadable(path: string): void {
  const found = statSync(path)
  const { mode } = found
  const isDirectory = found.isDirectory()
  const wanted = mode | (isDirectory ? 0o555 : 0o444)
  try {
    if (wanted !== mode) chmodSync(path, wanted)
  } catch {
    return // somebody else's: an image that begins as root reads it all the same
  }
  if (isDirectory) for (const name of readdirSync(path)) makeReadable(join(path, name))
}
