import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../lib/base/failure.ts'
import { attempt, run } from '../../lib/base/shell.ts'
import { lastLines } from '../../lib/base/text.ts'
import { canInstall, ensurePrograms, findProgram } from './apt.ts'
import { dockerMaybe } from './docker.ts'
import { type Say, stopwatch } from './progress.ts'
import { ensureRoot, sandboxRoot } from './root.ts'

/** Milliseconds: a start takes 0.3 to 3 s; cleaning up after a daemon that was killed can take longer. */
const startTimeout = 60_000

/** dockerd's own pid file, and that of the containerd which it starts. */
const pidFiles = { dockerd: '/var/run/docker.pid', containerd: '/var/run/docker/containerd/containerd.pid' }
const log = join(sandboxRoot, 'dockerd.log')
/** The process id of the dockerd that the sandbox itself has started. */
const ours = join(sandboxRoot, 'dockerd.pid')

/** The version of the Docker Engine that answers; undefined when none does. */
export const engineVersion = (): Promise<string | undefined> =>
  dockerMaybe('version', '--format', '{{.Server.Version}}')

/**
 * Uses the Docker Engine that answers, else installs and starts one. Returns its version.
 * @throws Failure saying what to install or to start, when this process may not do it.
 */
export async function ensureEngine(say: Say): Promise<string> {
  const answering = await engineVersion()
  if (answering) return answering
  if (!canInstall()) throw await unreachable()
  const elapsed = stopwatch()
  await ensurePrograms(say, {
    dockerd: ['docker.io', 'ca-certificates'],
    containerd: ['containerd'], // these two are missing only after an installation that was killed
    runc: ['runc'],
    iptables: ['iptables'],
  })
  await ensurePrograms(say, { docker: ['docker-cli'] }) // a package of its own since Debian 13
  const version = await start()
  say(`Docker Engine ${version} is running ${elapsed()}`)
  return version
}

async function unreachable(): Promise<Failure> {
  const { stderr } = await attempt(['docker', 'version'])
  return new Failure({
    what: 'no Docker Engine answers, and this user may not install or start one',
    detail: lastLines(stderr, 3),
    fix: findProgram('dockerd')
      ? 'sudo systemctl start docker, and be a member of the group docker'
      : 'install the Docker Engine: https://docs.docker.com/engine/install',
  })
}

async function start(): Promise<string> {
  const systemd = existsSync('/run/systemd/system') // sd_booted(3)
  if (!systemd) return startDaemon()
  await run(['systemctl', 'start', 'docker'])
  const never = (): boolean => false
  return untilAnswers(never, () => ({ fix: 'journalctl --unit docker --lines 50' }))
}

/** What dockerd is given of the caller's environment: its way to programs, and to other registries through a proxy. */
const given = /^(PATH|HOME|TMPDIR|(https?|no)_proxy)$/i

/**
 * The environment of dockerd, which outlives us and which others can read (proc(5)): without the caller's tokens.
 * A real one, which systemd starts, has none of them either.
 */
export function daemonVariables(ours: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const variables = Object.fromEntries(Object.entries(ours).filter(([name]) => given.test(name)))
  return { ...variables, PATH: `${ours['PATH'] ?? ''}:/usr/sbin:/sbin` } // it calls iptables and modprobe
}

/** Starts dockerd in a session of its own, so that it outlives us. Its log is about this start only. */
async function startDaemon(): Promise<string> {
  await ensureRoot()
  for (const program of ['dockerd', 'containerd'] as const)
    if (!isAlive(program)) rmSync(pidFiles[program], { force: true })
  const output = openSync(log, 'w')
  const child = spawn(findProgram('dockerd') ?? 'dockerd', [], {
    detached: true,
    stdio: ['ignore', output, output],
    env: daemonVariables(process.env),
  })
  closeSync(output)
  writeFileSync(ours, String(child.pid))
  let ended = false
  child.once('exit', () => (ended = true)).once('error', () => (ended = true))
  child.unref()
  // The package's own init script may have started one before us: ours then ends, and that is no failure.
  const gone = (): boolean => ended && !isAlive('dockerd')
  return untilAnswers(gone, () => ({ detail: lastLines(complaints(), 10), fix: `its whole log: ${log}` }))
}

/**
 * Restarts the engine, as a reboot would, if the sandbox started it: SIGTERM, its end, a new start.
 * @returns false when the engine is somebody else's, who must not be disturbed.
 */
export async function restartEngine(): Promise<boolean> {
  if (!(await stopEngine())) return false
  await startDaemon()
  return true
}

/** Stops the engine, whose containers stop with it, if the sandbox started it. @returns false likewise. */
export async function stopEngine(): Promise<boolean> {
  const running = ownEngine()
  if (running === undefined) return false
  process.kill(running, 'SIGTERM')
  for (let tries = 0; isAlive('dockerd'); tries += 1) {
    if (tries > 600) throw new Failure({ what: 'the Docker Engine does not end' })
    await sleep(100)
  }
  return true
}

/** Kills it, as a crash would, and starts it anew after so many ms. @returns false likewise. */
export async function killEngine(away = 0): Promise<boolean> {
  const running = ownEngine()
  if (running === undefined) return false
  process.kill(running, 'SIGKILL')
  await sleep(away)
  await startDaemon()
  return true
}

/** The process id of the engine, where the sandbox started it. */
export function ownEngine(): number | undefined {
  const running = existsSync(pidFiles.dockerd) ? readFileSync(pidFiles.dockerd, 'utf8').trim() : ''
  return existsSync(ours) && readFileSync(ours, 'utf8') === running ? Number(running) : undefined
}

/** Waits for the engine to answer and returns its version. `gone` tells that there is nothing to wait for. */
async function untilAnswers(
  gone: () => boolean,
  hints: () => { readonly detail?: string; readonly fix: string },
): Promise<string> {
  const deadline = Date.now() + startTimeout
  for (;;) {
    const answering = await engineVersion()
    if (answering) return answering
    if (gone()) throw new Failure({ what: 'the Docker Engine ended as soon as it was started', ...hints() })
    if (Date.now() > deadline) throw new Failure({ what: 'the Docker Engine does not answer', ...hints() })
    await sleep(100)
  }
}

/** What dockerd's log says besides how it is getting on. */
const complaints = (): string => readFileSync(log, 'utf8').replace(/^time=\S+ level=info .*$/gm, '')

function isAlive(program: keyof typeof pidFiles): boolean {
  const file = pidFiles[program]
  return existsSync(file) && !isStale(readFileSync(file, 'utf8'), program, commandOf)
}

/**
 * Whether a pid file speaks of no running `program`: its process is dead, or its number belongs to
 * another program by now. dockerd believes any process, and then refuses to start.
 * @param commandOf the name of a process's program, as in /proc/<pid>/status; undefined when it is dead
 */
export function isStale(
  pidFile: string,
  program: string,
  commandOf: (pid: number) => string | undefined,
): boolean {
  const pid = Number.parseInt(pidFile, 10)
  return !(pid > 0) || commandOf(pid) !== program
}

/** A process that has ended and waits to be reaped, as it does for ever under a PID 1 that does not, is dead. */
function commandOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return /^State:\s*Z/m.test(status) ? undefined : /^Name:\s*(.*)$/m.exec(status)?.[1]
  } catch {
    return undefined
  }
}
