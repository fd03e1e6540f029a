import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { attempt, run } from '../base/shell.ts'
import { databaseLimits, label, ownerLabel, removeLeftovers } from '../docker/throwaway.ts'
import { demandReady } from './patience.ts'

/** A PostgreSQL server on which databases are made and dropped. Never the one that serves users. */
export interface ScratchServer {
  /** For Python on this machine. */
  readonly url: string
  /** What `docker run` needs to reach it, and its address from there. */
  readonly network: readonly string[]
  readonly urlInside: string
  /** The one that it runs in, where we have started it there. */
  readonly container: string | undefined
  close(): Promise<void>
}

/** A server that somebody gave us: only databases named `migrate_check_…` are made, and dropped, there. */
export function givenServer(url: string): ScratchServer {
  return { url, network: ['--network', 'host'], urlInside: url, container: undefined, close: async () => {} }
}

const port = '5432/tcp'

/** Speed is all: nothing here outlives the run. */
export const settings = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'autovacuum=off',
  'jit=off',
  'max_wal_size=4GB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'lock_timeout=20s', // nobody else is here: a migration that waits for a lock waits for itself
]

export interface Throwaway {
  /** A directory that is to be seen as /backups, read-only. Its rows may be many: the data is on disk, then. */
  readonly backups?: string
  /** On no network at all, and modest about the processor: beside a database that serves users. */
  readonly isolated?: boolean
  /** What to do when it cannot be started, with options of the command that was typed. */
  readonly otherwise: string
  /** Gives up waiting. */
  readonly signal?: AbortSignal
}

/**
 * Starts a throwaway container with its data in memory. It lives as long as our end of its standard input is open:
 * the kernel closes that when we die, however we die, and `--rm` does the rest.
 * @throws Failure when it ends, or shows no sign of work for a while, with the end of its log.
 */
export async function throwawayServer(
  image: string,
  id: string,
  { backups, isolated = false, otherwise, signal }: Throwaway,
): Promise<ScratchServer> {
  const name = `migrate-check-${id}-postgres`
  const password = randomBytes(16).toString('hex')
  const server = `docker-entrypoint.sh postgres ${settings.map(setting => `-c ${setting}`).join(' ')}`
  const child = spawn(
    'docker',
    [
      ...['run', '--interactive', '--rm', '--name', name, '--label', `${label}=${ownerLabel()}`],
      ...databaseLimits,
      ...['--env', 'POSTGRES_PASSWORD', '--env', 'POSTGRES_INITDB_ARGS=--no-sync', '--entrypoint', 'sh'],
      ...(isolated ? ['--network', 'none'] : ['--publish', '127.0.0.1::5432']),
      ...(backups === undefined
        ? ['--tmpfs', '/var/lib/postgresql/data']
        : ['--volume', `${backups}:/backups:ro`]),
      image,
      ...['-c', `${server} & cat > /dev/null; kill -INT $!; wait`],
    ],
    { stdio: 'pipe', detached: true, env: { ...process.env, POSTGRES_PASSWORD: password } },
  )
  const look = async () => {
    signal?.throwIfAborted()
    const { stdout } = await attempt(['docker', 'exec', name, 'sh', '-c', question])
    return { isReady: stdout.startsWith('ready'), progress: stdout }
  }
  try {
    await demandReady(child, look, 100, otherwise)
    // From here on only: a quarter of nearly nothing is not enough to start with on a busy machine.
    if (isolated) await run(['docker', 'update', '--cpu-shares', '256', name])
    const inside = `postgresql://postgres:${password}@127.0.0.1:5432/postgres`
    const address = isolated ? undefined : (await run(['docker', 'port', name, port])).split('\n')[0]
    return {
      url: address === undefined ? inside : `postgresql://postgres:${password}@${address}/postgres`,
      network: ['--network', `container:${name}`],
      urlInside: inside,
      container: name,
      close: () => closed(child, name),
    }
  } catch (error) {
    await closed(child, name)
    throw error
  }
}

/** Over TCP: while the official image initialises, a first server answers on the socket alone. Its files show how far it is. */
const question = 'pg_isready --quiet --host 127.0.0.1 && echo ready; du -s "$PGDATA" 2> /dev/null'

async function closed(child: ChildProcess, name: string): Promise<void> {
  child.stdin?.end()
  await attempt(['docker', 'rm', '--force', '--volumes', name]) // quicker than waiting for a clean shutdown
}

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
