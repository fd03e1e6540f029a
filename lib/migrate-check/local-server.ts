import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { Failure } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { attempt } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { scratchDirectory } from '../docker/throwaway.ts'
import { demandReady } from './patience.ts'
import { isEmbedded, type Programs } from './programs.ts'
import { type ScratchServer, settings } from './scratch-server.ts'

const otherwise = 'give a server with --database-url postgresql://…'

/** PostgreSQL refuses to run as root: then it is this user's, whom everybody has and who may do nothing. */
const nobody = 65534

/**
 * Starts a server of this machine's own programs, on a port of the loopback interface, with a random password and its
 * data in a temporary directory. Like a container it lives as long as our end of its standard input is open; then a
 * shell of its own ends it and removes the directory.
 * @throws Failure with what it printed when it ends, or shows no sign of work for a while.
 */
export async function localServer(programs: Programs): Promise<ScratchServer> {
  const home = scratchDirectory()
  const password = randomBytes(16).toString('hex')
  let child: ChildProcess | undefined
  try {
    const directory = programsFor(home, programs)
    await initialise(home, directory, password)
    const port = await freePort()
    child = start(home, directory, port)
    await demandReady(child, async () => sightOf(home), 20, otherwise)
    const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
    return { url, network: [], urlInside: url, container: undefined, close: () => closed(home, child) }
  } catch (error) {
    await closed(home, child)
    throw error
  }
}

const isRoot = (): boolean => process.getuid?.() === 0

/** As nobody, where we are root; and ended with whoever started it, which the kernel forgets when the user changes. */
const unprivileged = (signal: 'KILL' | 'QUIT'): string[] => [
  ...['setpriv', '--pdeathsig', signal],
  ...(isRoot() ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []),
  '--',
]

/** Packages below root's home directory are out of nobody's reach: their programs are copied. @returns where they are. */
function programsFor(home: string, { directory }: Programs): string {
  if (!isRoot() || !isEmbedded(directory)) return directory
  cpSync(dirname(directory), join(home, 'postgresql'), { recursive: true, verbatimSymlinks: true })
  return join(home, 'postgresql', 'bin')
}

async function initialise(home: string, programs: string, password: string): Promise<void> {
  const passwordFile = join(home, 'password')
  const data = join(home, 'data')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  mkdirSync(data, { mode: 0o700 })
  if (isRoot()) {
    chmodSync(home, 0o711) // it stays root's: what is nobody's is not removed by path
    for (const path of [data, passwordFile]) chownSync(path, nobody, nobody)
  }
  const ran = await attempt(
    [
      ...[...unprivileged('KILL'), join(programs, 'initdb'), '--pgdata', data],
      ...['--username=postgres', '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--no-sync'],
    ],
    { cwd: home },
  )
  if (!ran.ok)
    throw new Failure({
      what: 'initdb could not make a scratch PostgreSQL',
      detail: lastLines(ran.stderr, 6),
      fix: otherwise,
    })
}

/** Ends the server however early it is asked to: until it listens to signals, a shell's background commands ignore QUIT. */
const watch = `home=$1; shift
exec 3<&0
"$@" < /dev/null 3<&- & server=$!
{ cat <&3; while kill -QUIT "$server"; do sleep 0.05; done; } > /dev/null 2>&1 & watcher=$!
wait "$server"
kill "$watcher" 2> /dev/null
cd / && rm -rf "$home"`

function start(home: string, programs: string, port: number): ChildProcess {
  const own = [`listen_addresses=127.0.0.1`, `port=${port}`, 'unix_socket_directories=']
  return spawn(
    'sh',
    [
      ...['-c', watch, 'sh', home],
      ...[...unprivileged('QUIT'), join(programs, 'postgres'), '-D', join(home, 'data')],
      ...[...settings, ...own].flatMap(setting => ['-c', setting]),
    ],
    { stdio: ['pipe', 'ignore', 'pipe'], detached: true, cwd: home, env: { PATH: process.env['PATH'] } },
  )
}

/** What `pg_ctl --wait` waits for: line 8 of the file (src/include/utils/pidfile.h). */
function sightOf(home: string) {
  const lines = (readIfThere(join(home, 'data', 'postmaster.pid')) ?? '').split('\n')
  return { isReady: lines[7]?.trim() === 'ready', progress: lines.join() }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // no pipe: a port is what it listens on
  await once(server.close(), 'close')
  return port
}

async function closed(home: string, child: ChildProcess | undefined): Promise<void> {
  child?.stdin?.end()
  if (child?.pid && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  rmSync(home, { recursive: true, force: true })
}
