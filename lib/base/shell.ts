import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { ProcessOutput, ProcessPromise } from 'zx/core'
import { childEnvironment } from './child-environment.ts'
import { commandText } from './command-text.ts'
import { exitCodes, Failure } from './failure.ts'
import { KeptOutput, lineFollower } from './kept-output.ts'
import { endEarly } from './kill.ts'
import { redact } from './redact.ts'
import { bytes, duration, lastLines } from './text.ts'

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
  /** Called with each line of output as it comes, of either stream. */
  readonly onLine?: (line: string) => void
  /**
   * `end`: standard output is for people, who need its end alone, as whoever follows its lines does. Otherwise it is
   * read as data, of which nothing may be missing.
   */
  readonly keep?: 'end'
}

/** For how long it may take, and who may end it. */
export type Limits = Pick<RunOptions, 'timeout' | 'signal'>

/** More than this, in characters, is kept of no stream. */
const most = 64 * 1024 * 1024

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
 * @throws Failure when the command cannot be started, takes longer than `timeout` ms, or has printed more data than
 * anybody could read.
 */
export async function attempt(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { timeout = 10 * 60_000, signal } = options
  const { $ } = await zx()
  const started = performance.now()
  const text = commandText(command)
  signal?.throwIfAborted()
  // The shell would cut the word there and say nothing.
  if (command.some(word => word.includes('\0')))
    throw new Failure({ what: `${text} cannot be started: a NUL byte is in one of its words` })
  const kept = { stdout: new KeptOutput(most), stderr: new KeptOutput(most) }
  const running: ProcessPromise = $({
    cwd: options.cwd ?? process.cwd(),
    env: { ...childEnvironment(), ...options.env },
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'], // zx never closes an empty input
    ...(options.input && { input: options.input }),
    nothrow: true,
    detached: true,
    store: { ...kept, stdall: new KeptOutput(0) },
  })`${command}`
  running.child?.stdin?.on('error', () => {}) // it ended before it had read everything: its exit code says why
  // zx decodes chunk by chunk, which cuts characters in two.
  for (const stream of [running.child?.stdout, running.child?.stderr]) stream?.setEncoding('utf8')
  if (options.onLine) followLines(running, options.onLine)
  const { ended, clear } = endEarly(running, timeout, signal)
  let output: ProcessOutput
  try {
    output = await running
  } finally {
    clear()
  }
  observer({ text, ms: performance.now() - started, code: output.exitCode })
  if (ended.by === 'timeout')
    throw new Failure({
      what: `${text} did not finish within ${duration(timeout)}`,
      detail: redact(lastLines(output.stderr || output.stdout, 5)),
    })
  signal?.throwIfAborted()
  if (output.signal === null && output.cause instanceof Error)
    throw new Failure({ what: `${text} cannot be started: ${spawnError(output.cause, options.cwd)}` })
  if (output.ok && kept.stdout.isCut && options.keep !== 'end' && !options.onLine)
    throw new Failure({ what: `${text} has printed more than the ${bytes(most)} that can be read of it` })
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

/** Each stream has lines of its own: two that are written at once do not run into one. */
function followLines(running: ProcessPromise, onLine: (line: string) => void): void {
  for (const stream of [running.child?.stdout, running.child?.stderr]) {
    const follower = lineFollower(onLine)
    stream?.on('data', follower.add).on('end', follower.end)
  }
}
