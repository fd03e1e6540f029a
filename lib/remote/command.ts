import type { ClientChannel, ExecOptions } from 'ssh2'
import { Failure } from '../failure.ts'
import { quoted, type Ran } from '../shell.ts'
import { duration } from '../text.ts'
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
 * Runs a POSIX shell script there. A short one is the command itself, which saves a round trip; a long one comes in by
 * standard input. @throws Disconnected, or Failure when it takes longer than `timeout` ms.
 */
export async function runScript(
  connection: Connection,
  script: string,
  { timeout, onOutput }: { timeout: number; onOutput?: (text: string) => void },
): Promise<Ran> {
  const isShort = script.length < shortScript
  const channel = await open(connection, isShort ? `exec sh -c ${quoted(script)}` : 'exec sh -s')
  let [stdout, stderr] = ['', '']
  channel.setEncoding('utf8')
  channel.stderr.setEncoding('utf8')
  channel.on('data', (text: string) => {
    stdout += text
    onOutput?.(text)
  })
  channel.stderr.on('data', (text: string) => {
    stderr += text
    onOutput?.(text)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      channel.destroy()
      reject(new Failure({ what: `the VPS did not answer within ${duration(timeout)}` }))
    }, timeout)
    // 'exit' may be over before anybody can listen; 'close' brings the same, and waits for the output to be read.
    channel.on('close', (code: number | null | undefined) => {
      clearTimeout(timer)
      if (code === undefined) reject(new Disconnected())
      else resolve({ ok: code === 0, code, stdout, stderr })
    })
    channel.on('error', () => {}) // 'close' follows
    channel.end(isShort ? '' : script)
  })
}
