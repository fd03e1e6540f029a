import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { UsageError } from '../base/failure.ts'
import { redact, StreamRedactor } from '../base/redact.ts'
import { shown } from '../base/text.ts'
import { endsAlone, tellFollower } from '../run/output.ts'
import { ClientInput } from './client-input.ts'
import { type Frame, lineSplitter, type Welcome, type Word } from './frames.ts'
import { Outbox } from './outbox.ts'

/** Set for a script that a client has started here: the directory of its session. */
export const sessionVariable = 'TRACEHUB_SESSION'

/**
 * A script that nobody follows and that changes nothing ends after this time (ms): `--watch` would stay for ever.
 * The client has this long to connect again. TRACEHUB_LINGER, in seconds, is another time.
 */
function patience(): number {
  const seconds = Number(process.env['TRACEHUB_LINGER'] || 60)
  if (seconds > 0 && seconds <= 86_400) return seconds * 1000
  throw new UsageError(
    `TRACEHUB_LINGER is ${shown(process.env['TRACEHUB_LINGER'] ?? '')}`,
    'expected seconds, such as 60: how long a command that changes nothing goes on when nobody follows it',
  )
}

/** Makes this process a guest: what it prints, asks and ends with goes through its session's files. */
export function enter(directory: string): void {
  delete process.env[sessionVariable] // its children are none
  const welcome = JSON.parse(readFileSync(0, 'utf8')) as Welcome // written by the porter
  Object.assign(process.env, welcome.variables)
  const outbox = new Outbox(directory)
  const say: (frame: Frame) => void = outbox.say
  tellFollower(event => say({ type: 'event', event }))
  const flushes = [capture('stdout', welcome, say), capture('stderr', welcome, say)]
  const input = new ClientInput(welcome.terminal.input, say)
  Object.defineProperty(process, 'stdin', { value: input, configurable: true })
  listen(join(directory, 'control'), input)
  process.on('uncaughtException', error => {
    say({ type: 'err', text: redact(`${error.stack ?? error}\n`) })
    process.exit(1)
  })
  process.on('exit', code => {
    for (const flush of flushes) flush()
    say({ type: 'exit', code })
    outbox.close()
  })
  // A run takes these for itself; before it does, there is nothing to roll back.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(1)
    })
}

/** What is written to a stream becomes frames, without any secret, also one that comes in two pieces. */
function capture(name: 'stdout' | 'stderr', { terminal }: Welcome, say: (frame: Frame) => void) {
  const stream = process[name]
  const type = name === 'stdout' ? 'out' : 'err'
  const redactor = new StreamRedactor()
  let timer: NodeJS.Timeout | undefined
  const send = (text: string): void => {
    if (text !== '') say({ type, text })
  }
  const flush = (): void => send(redactor.flush())
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    send(redactor.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')))
    clearTimeout(timer)
    timer = setTimeout(flush, 100).unref() // the rest of a question must not wait for more text
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') process.nextTick(callback as () => void)
    return true
  }
  Object.assign(stream, { isTTY: terminal.output, columns: terminal.columns, rows: terminal.rows })
  return flush
}

/** The client's words come in here. Its connection tells that somebody follows. */
function listen(socket: string, input: ClientInput): void {
  let followers = 0
  let alone = Date.now()
  const obey = (word: Word): void => {
    if (word.type === 'stop') process.kill(process.pid, 'SIGINT')
    else input.push(word.type === 'input' ? Buffer.from(word.base64, 'base64') : null)
  }
  const server = createServer(connection => {
    followers += 1
    const onLine = (line: string): void => obey(JSON.parse(line) as Word) // from the porter
    connection.setEncoding('utf8').on('data', lineSplitter(onLine))
    connection.on('error', () => {}) // 'close' follows
    connection.on('close', () => {
      followers -= 1
      alone = Date.now()
    })
    connection.unref()
  })
  server.on('error', error => process.stderr.write(`! ${socket} does not open: ${error.message}\n`))
  server.listen(socket).unref()
  const limit = patience()
  const look = (): void => {
    if (endsAlone() && followers === 0 && Date.now() - alone > limit) process.kill(process.pid, 'SIGHUP')
  }
  setInterval(look, Math.min(5000, limit / 2)).unref()
}
