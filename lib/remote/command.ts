import type { ClientChannel, ExecOptions } from 'ssh2'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import type { Ran } from '../base/shell.ts'
import { duration } from '../base/text.ts'
import type { Connection } from './connect.ts'

/** The connection broke: what was asked for may or may not have happened. */
export class Disconnected extends Failure {
  override readonly name = 'Disconnected'
  constructor() {
    super({ what: 'the SSH connection was lost', fix: 'try again' })
  }
}

/** Starts a command. @throws Disconnected, or Failure when the VPS refuses to run commands. */
export function open(
  { client }: Connection,
  command: string,
  options: ExecOptions = {},
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Disconnected())
    client.once('close', lost)
    try {
      client.exec(command, options, (error, channel) => {
        client.off('close', lost)
        if (error) reject(new Failure({ what: `the VPS does not run commands over SSH: ${error.message}` }))
        else resolve(channel)
      })
    } catch {
      lost() // "Not connected"
    }
  })
}

/** Characters: far below what one argument may have, 128 KiB (execve(2)). */
const shortScript = 16_384

/**
 * Runs a POSIX shell script there, to its end. A short one is the command itself, which saves a round trip; a long
 * one comes in by standard input. @throws Disconnected, or Failure when it takes longer than `timeout` ms.
 */
export async function runScript(
  connection: Connection,
  script: string,
  { timeout }: { timeout: number },
): Promise<Ran> {
  const isShort = script.length < shortScript
  const channel = await open(connection, isShort ? `exec sh -c ${quoted(script)}` : 'exec sh -s')
  const hearing = hear(channel, () => false, timeout)
  channel.end(isShort ? '' : script)
  const { code = null, ...said } = await hearing
  return { ok: code === 0, code, ...said }
}

interface Heard {
  readonly stdout: string
  readonly stderr: string
  /** null when a signal ended it; undefined while it goes on. */
  readonly code: number | null | undefined
}

/**
 * Hears what a command says until `isWhole`, or until its end. It may then go on: whoever listens next hears the rest.
 * @throws Disconnected, or Failure when it takes longer than `timeout` ms.
 */
export function hear(
  channel: ClientChannel,
  isWhole: (stdout: string) => boolean,
  timeout: number,
): Promise<Heard> {
  let [stdout, stderr] = ['', '']
  channel.on('error', () => {}) // 'close' follows
  channel.setEncoding('utf8')
  channel.stderr.setEncoding('utf8')
  return new Promise((resolve, reject) => {
    const onError = (text: string): void => {
      stderr += text
    }
    const onOutput = (text: string): void => {
      stdout += text
      if (isWhole(stdout)) stop(() => resolve({ stdout, stderr, code: undefined }))
    }
    // 'exit' may be over before anybody can listen; 'close' brings the same, and waits for the output to be read.
    const onClose = (code: number | null | undefined): void =>
      stop(() => (code === undefined ? reject(new Disconnected()) : resolve({ stdout, stderr, code })))
    const onTime = (): void =>
      stop(() => {
        channel.destroy()
        reject(new Failure({ what: `the VPS did not answer within ${duration(timeout)}` }))
      })
    const timer = setTimeout(onTime, timeout)
    const stop = (then: () => void): void => {
      clearTimeout(timer)
      channel.off('data', onOutput).off('close', onClose).pause()
      channel.stderr.off('data', onError).pause()
      then()
    }
    channel.on('data', onOutput).on('close', onClose)
    channel.stderr.on('data', onError)
  })
}
