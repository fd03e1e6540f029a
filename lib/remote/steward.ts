import { existsSync, readFileSync, watch } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { growingLines } from '../base/growing-lines.ts'
import { lastLines } from '../base/text.ts'
import { type Errand, type Frame, lineSplitter, openingLine } from './frames.ts'
import { directoryOf, isAlive, start } from './session.ts'

/**
 * The program that a client starts on the VPS. It starts a script in a session of its own, which outlives the
 * connection, and brings the client what the script says, from where the client is. It may die and come again.
 */

/** Brings the client the session's output, whole lines from `from` on, until the script's end. */
function follow(errand: Errand): void {
  const session = directoryOf(errand)
  const read = growingLines(join(session, 'output.jsonl'), errand.from)
  let over = false
  const bring = (): void => {
    for (let lines = over ? undefined : read(); lines?.length; lines = over ? undefined : read()) {
      process.stdout.write(lines)
      over = isOver(lines)
      if (over) finish()
    }
  }
  const finish = (): void => void process.stdout.write('', () => process.exit(0))
  const look = (): void => {
    const alive = isAlive(session)
    bring() // what it said last, it said before it was seen dead
    if (!alive && !over) {
      const died: Frame = { type: 'died', detail: lastLines(readRaw(session), 12) }
      process.stdout.write(`${JSON.stringify(died)}\n`, () => process.exit(0))
      over = true
    }
  }
  process.stdout.write(`${openingLine}\n`)
  if (existsSync(session)) watch(session, bring)
  setInterval(look, 200)
  look()
}

const isOver = (lines: Buffer): boolean => /^\{"type":"exit"/m.test(lines.toString('latin1'))

function readRaw(session: string): string {
  try {
    return readFileSync(join(session, 'raw'), 'utf8')
  } catch {
    return `there is no session ${session}`
  }
}

/** Passes the client's words on. The socket is there as soon as the script has begun. */
function passOn(errand: Errand): (line: string) => void {
  const waiting: string[] = []
  let socket: Socket | undefined
  const dial = (): void => {
    const attempt = connect(join(directoryOf(errand), 'control'))
    attempt.on('connect', () => {
      socket = attempt
      for (const line of waiting.splice(0)) attempt.write(`${line}\n`)
    })
    attempt.on('error', () => {}) // 'close' follows
    attempt.on('close', () => {
      socket = undefined
      setTimeout(dial, 50)
    })
  }
  dial()
  return line => void (socket ? socket.write(`${line}\n`) : waiting.push(line))
}

let pass: ((line: string) => void) | undefined
process.stdin.setEncoding('utf8').on(
  'data',
  lineSplitter(line => {
    if (pass) return pass(line)
    const errand = JSON.parse(line) as Errand // the client's first line
    if (errand.start) start(errand, errand.start)
    pass = passOn(errand)
    follow(errand)
  }),
)
// The connection is gone: the script is not.
process.stdin.on('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))
