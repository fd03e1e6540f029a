import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { ProcessOutput, ProcessPromise } from 'zx/core'
import { exitCodes, Failure } from './failure.ts'
import { isCode } from './files.ts'
import { redact } from './redact.ts'
import { duration, lastLines } from './text.ts'

const defaultTimeout = 10 * 60_000

let mark: string | undefined
/** Marks every command from now on as this run's, by the variable TRACEHUB_RUN of its environment. */
export function setCommandMark(next: string): void {
  mark = next
}

/** What a command did. */
export interface Ran {
  readonly ok: boolean
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** Variables of ours that this command needs: its own token, for example. No other command sees them. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to the command's standard input: the only way in for a secret. A stream is written as it comes. */
  readonly input?: string | Readable
  /** In ms; ten minutes unless told: nothing of ours waits for ever for a daemon that hangs. */
  readonly timeout?: number
  /** Ends the command (SIGTERM, then SIGKILL). */
  readonly signal?: AbortSignal
  /** Called with each line of output as it comes. */
  readonly onLine?: (line: string) => void
}

/** Called with every command that was run, redacted: the run's log and `--verbose` listen here. */
export type CommandObserver = (command: { text: string; ms: number; code: number | null }) => void
let observer: CommandObserver = () => {}
export function observeCommands(next: CommandObserver): void {
  observer = next
}

/**
 * Runs a command and returns what it did, whatever its exit code. The one place that starts processes.
 *
 * - Its own process group: Ctrl-C on the terminal reaches us, who then decide, and not the command.
 * - `setpriv --pdeathsig`: when the run is killed, its commands die too, so that nothing of it
 *   goes on acting while the next run repairs.
 * - A clean environment: compose prefers the caller's variables to those in `.env`, so a stray `DB_PORT` or
 *   `COMPOSE_FILE` would change what is deployed; and secrets of the caller are no child's business.
 *
 * @throws Failure when the command cannot be started or takes longer than `timeout` ms.
 */
export async function attempt(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { $, ProcessOutput } = await zx()
  const started = performance.now()
  const text = commandText(command)
  options.signal?.throwIfAborted()
  // The shell would cut the word there and say nothing.
  if (command.some(word => word.includes('\0')))
    throw new Failure({ what: `${text} cannot be started: a NUL byte is in one of its words` })
  const running: ProcessPromise = $({
    cwd: options.cwd ?? process.cwd(),
    env: { ...childEnvironment(), ...options.env },
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'], // zx never closes an empty input
    ...(options.input && { input: options.input }),
    nothrow: true,
    detached: true,
  })`${command}`
  running.child?.stdin?.on('error', () => {}) // it ended before it had read everything: its exit code says why
  // zx decodes chunk by chunk, which cuts characters in two.
  for (const stream of [running.child?.stdout, running.child?.stderr]) stream?.setEncoding('utf8')
  if (options.onLine) followLines(running, options.onLine)
  const ends = endEarly(running, options)
  let output: ProcessOutput
  try {
    output = await running
  } finally {
    ends.clear()
  }
  observer({ text, ms: performance.now() - started, code: output.exitCode })
  if (ends.reason === 'timeout')
    throw new Failure({
      what: `${text} did not finish within ${duration(options.timeout ?? defaultTimeout)}`,
      detail: redact(lastLines(output.stderr || output.stdout, 5)),
    })
  options.signal?.throwIfAborted()
  if (output.signal === null && output.cause instanceof Error)
    throw new Failure({ what: `${text} cannot be started: ${spawnError(output.cause, options.cwd)}` })
  if (!(output instanceof ProcessOutput)) throw new TypeError('zx resolved with something else')
  return { ok: output.exitCode === 0, code: output.exitCode, stdout: output.stdout, stderr: output.stderr }
}

/** Node blames the shell when it is the directory that is missing. */
const spawnError = (error: Error, cwd: string | undefined): string =>
  cwd !== undefined && !existsSync(cwd) ? `the directory ${cwd} is not there` : error.message

/**
 * Runs a command that must succeed and returns its standard output, trimmed.
 * @throws Failure with the command and the end of what it printed.
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await attempt(command, options)
  if (!ran.ok) throw commandFailed(command, ran)
  return ran.stdout.trim()
}

/** The failure of a command, in the words of the person who reads it. */
export function commandFailed(command: readonly string[], ran: Ran): Failure {
  const how = ran.code === null ? 'was killed' : `failed with exit code ${ran.code}`
  return new Failure(
    {
      what: `${commandText(command)} ${how}`,
      detail: redact(lastLines(ran.stderr.trim() || ran.stdout, 12)),
    },
    exitCodes.nothingChanged,
  )
}

/** A command as one would type it: no secrets, and container ids as short as `docker ps` shows them. */
const commandText = (command: readonly string[]): string =>
  redact(command.map(quoted).join(' '))
    .replace(/(?<![\w:])([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1')
    .replace(/^(.{1000}).*$/s, '$1…')

/** A word of a command as one would type it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** zx is loaded at the first command, and without its extras, which weigh twenty times as much: `--help` should not wait for it. */
let loaded: Promise<typeof import('zx/core')> | undefined
function zx(): Promise<typeof import('zx/core')> {
  loaded ??= import('zx/core').then(module => {
    // ZX_* variables of the caller override zx's defaults, and ZX_PREFIX is code: say everything here.
    const { $ } = module
    $.shell = '/bin/bash'
    $.prefix = 'exec setpriv --pdeathsig KILL -- '
    $.postfix = ''
    $.quote = module.quote
    $.preferLocal = false
    Object.assign($, { timeout: undefined })
    $.verbose = false
    $.quiet = true
    return module
  })
  return loaded
}

const inherited =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS\w*|BUILDKIT)|\w*_proxy|\w*_PROXY)$/

function childEnvironment(): Record<string, string> {
  // Bash whose standard input is a socket, as Node's pipes are, takes itself for a remote login and runs ~/.bashrc,
  // which may swallow that input or never end: unless it is not the outermost shell.
  const environment: Record<string, string> = { SHLVL: '1' }
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && inherited.test(name)) environment[name] = value
  if (mark !== undefined) environment['TRACEHUB_RUN'] = mark
  return environment
}

function followLines(running: ProcessPromise, onLine: (line: string) => void): void {
  let rest = ''
  for (const stream of [running.child?.stdout, running.child?.stderr])
    stream?.on('data', (chunk: string) => {
      const lines = (rest + chunk).split(/\r\n|[\r\n]/)
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') onLine(line)
    })
}

/** Ends a command at its timeout or when its signal is aborted, and says which it was. */
function endEarly(running: ProcessPromise, { timeout = defaultTimeout, signal }: RunOptions) {
  const ends: { reason: 'timeout' | 'abort' | undefined; clear: () => void } = {
    reason: undefined,
    clear: () => {},
  }
  let kill: NodeJS.Timeout | undefined
  const end = (reason: 'timeout' | 'abort'): void => {
    ends.reason ??= reason
    signalGroup(running, 'SIGTERM')
    kill ??= setTimeout(() => signalGroup(running, 'SIGKILL'), 5000)
  }
  const onAbort = (): void => end('abort')
  const timer = setTimeout(() => end('timeout'), timeout)
  signal?.addEventListener('abort', onAbort, { once: true })
  ends.clear = () => {
    clearTimeout(timer)
    clearTimeout(kill)
    signal?.removeEventListener('abort', onAbort)
  }
  return ends
}

/** The command leads its own process group, so its children are reached as well. */
function signalGroup(running: ProcessPromise, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (running.pid === undefined) return
  try {
    process.kill(-running.pid, signal)
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error
  }
}
