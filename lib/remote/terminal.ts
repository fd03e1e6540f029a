import { constants } from 'node:os'
import { variable } from '../base/caller.ts'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { open } from './command.ts'
import type { Connection } from './connect.ts'
import { variableOf } from './destination.ts'
import { type Installed, programOf } from './probe.ts'
import { openVariables } from './variables.ts'

interface Visit {
  readonly installed: Installed
  readonly script: string
  readonly args: readonly string[]
  /** The environment's name, and its directory there. */
  readonly environment: string
  readonly directory: string
}

/**
 * Runs a script on the VPS with this terminal as its own, as `ssh -t` does: keys, colours and the window's size are
 * those of here. Without a terminal, standard input and output are carried over byte by byte, so pipes and files work.
 * @returns its exit code. @throws Failure when the connection is lost, and with it what ran.
 */
export async function shareTerminal(connection: Connection, visit: Visit): Promise<number> {
  const { stdin, stdout, stderr } = process
  const hasTerminal = stdin.isTTY === true && stdout.isTTY === true
  const size = () => ({ rows: stdout.rows || 24, cols: stdout.columns || 80, width: 0, height: 0 })
  const channel = await open(
    connection,
    commandOf(visit),
    hasTerminal ? { pty: { ...size(), term: variable('TERM') ?? 'xterm' } } : {},
  )
  const resize = (): void => channel.setWindow(size().rows, size().cols, 0, 0)
  const interrupt = (): void => void channel.signal('INT')
  if (hasTerminal) {
    stdin.setRawMode(true) // every key goes there, Ctrl-C too
    stdout.on('resize', resize)
  } else process.on('SIGINT', interrupt)
  stdin.pipe(channel)
  channel.pipe(stdout, { end: false })
  channel.stderr.pipe(stderr, { end: false })
  channel.on('error', () => {}) // 'close' follows
  stdout.on('error', () => channel.close()) // `… | head` has read enough
  try {
    return await ending(channel, visit)
  } finally {
    if (hasTerminal) stdin.setRawMode(false)
    stdout.off('resize', resize)
    process.off('SIGINT', interrupt)
    stdin.unpipe(channel).pause()
    connection.client.destroy()
  }
}

function ending(channel: NodeJS.EventEmitter, { script }: Visit): Promise<number> {
  return new Promise((resolve, reject) => {
    channel.on('close', (code: number | null | undefined, signal?: string) => {
      if (typeof code === 'number') resolve(code)
      else if (signal) resolve(128 + (constants.signals[`SIG${signal}` as NodeJS.Signals] ?? 0))
      else
        reject(
          new Failure({
            what: `the SSH connection was lost, and ${script} there has ended with it`,
            fix: 'start it again',
          }),
        )
    })
  })
}

/** It is told what it may know by its environment: standard input is the person's. That it is there, it takes for given. */
function commandOf({ installed, script, args, environment, directory }: Visit): string {
  const variables = { ...openVariables(), [variableOf(environment, 'HOST')]: '' }
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const words = ['env', ...assignments, ...programOf(installed, `scripts/${script}.ts`), ...args]
  return `cd -- ${quoted(directory)} && exec ${words.map(quoted).join(' ')}`
}
