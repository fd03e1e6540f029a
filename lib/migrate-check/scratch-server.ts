import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Failure } from '../failure.ts'
import { attempt, run } from '../shell.ts'
import { lastLines } from '../text.ts'
import { sleep } from '../wait.ts'
import { label } from './leftovers.ts'
import { ownerLabel } from './owner.ts'

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

/** In ms. */
export const startTimeout = 60_000
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
]

export interface Throwaway {
  /** A directory that is to be seen as /backups, read-only. Its rows may be many: the data is on disk, then. */
  readonly backups?: string
  /** On no network at all, and modest about the processor: beside a database that serves users. */
  readonly isolated?: boolean
}

/**
 * Starts a throwaway container with its data in memory. It lives as long as our end of its standard input is open:
 * the kernel closes that when we die, however we die, and `--rm` does the rest.
 * @throws Failure when it does not answer within a minute, with the end of its log.
 */
export async function throwawayServer(
  image: string,
  id: string,
  { backups, isolated = false }: Throwaway = {},
): Promise<ScratchServer> {
  const name = `migrate-check-${id}-postgres`
  const password = randomBytes(16).toString('hex')
  const server = ['docker-entrypoint.sh', 'postgres', ...settings.flatMap(setting => ['-c', setting])].join(
    ' ',
  )
  const child = spawn(
    'docker',
    [
      ...['run', '--interactive', '--rm', '--name', name, '--label', `${label}=${ownerLabel()}`],
      ...['--env', 'POSTGRES_PASSWORD', '--env', 'POSTGRES_INITDB_ARGS=--no-sync', '--entrypoint', 'sh'],
      ...(isolated ? ['--network', 'none', '--cpu-shares', '256'] : ['--publish', '127.0.0.1::5432']),
      ...(backups === undefined
        ? ['--tmpfs', '/var/lib/postgresql/data']
        : ['--volume', `${backups}:/backups:ro`]),
      image,
      ...['-c', `${server} & cat > /dev/null; kill -INT $!; wait`],
    ],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      env: { ...process.env, POSTGRES_PASSWORD: password },
    },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  })
  try {
    await untilReady(child, name, () => said)
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

async function untilReady(child: ChildProcess, name: string, said: () => string): Promise<void> {
  const deadline = Date.now() + startTimeout
  let failed: Error | undefined
  child.once('error', error => {
    failed = error
  })
  for (;;) {
    // Over TCP: while the official image initialises, a first server answers on the socket alone.
    const ready = await attempt(['docker', 'exec', name, 'pg_isready', '--quiet', '--host', '127.0.0.1'])
    if (ready.ok) return
    const ended = failed !== undefined || child.exitCode !== null
    if (ended || Date.now() > deadline)
      throw new Failure({
        what: ended
          ? 'the scratch PostgreSQL could not be started'
          : 'the scratch PostgreSQL does not answer after 60 s',
        detail: failed?.message ?? lastLines(said(), 6),
        fix: 'give a server with --database-url postgresql://…, or an image with --postgres-image',
      })
    await sleep(100)
  }
}

async function closed(child: ChildProcess, name: string): Promise<void> {
  child.stdin?.end()
  await attempt(['docker', 'rm', '--force', '--volumes', name]) // quicker than waiting for a clean shutdown
}
