import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { readIfThere } from '../base/files.ts'
import { growingLines } from '../base/growing-lines.ts'
import { lastLines } from '../base/text.ts'
import { type Errand, type Frame, lineSplitter, openingLine } from './frames.ts'
import { sessionVariable } from './hosted.ts'

/**
 * The program that a client starts on the VPS. It starts a script in a session of its own, which outlives the
 * connection, and brings the client what the script says, from where the client is. It may die and come again.
 */

const sessionsKept = 30
/** ms */
const startsWithin = 10_000
const root = join(import.meta.dirname, '..', '..')

/** The directory of a session, readable for the owner alone. */
const directoryOf = ({ directory, session }: Errand): string => join(directory, 'logs', 'sessions', session)

/** Starts the script, once: asked again by a client that could not hear the answer, it does nothing. */
function start(errand: Errand, { script, args, welcome }: NonNullable<Errand['start']>): void {
  const session = directoryOf(errand)
  const sessions = dirname(session)
  mkdirSync(sessions, { recursive: true, mode: 0o700 })
  if (existsSync(session)) return // the client could not hear that it has been started
  forgetOldSessions(sessions)
  mkdirSync(session, { mode: 0o700 })
  const raw = openSync(join(session, 'raw'), 'a', 0o600)
  const loader = join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')
  const words = ['--import', loader, join(root, 'scripts', `${script}.ts`), ...args]
  const child = spawn(process.execPath, words, {
    cwd: errand.directory,
    detached: true, // a session of its own (setsid(2)): what ends the connection does not reach it
    stdio: ['pipe', raw, raw],
    env: { ...process.env, [sessionVariable]: session },
  })
  closeSync(raw)
  if (child.pid === undefined || child.stdin === null) throw new Error(`${script} did not start`)
  writeFileSync(join(session, 'pid'), String(child.pid), { mode: 0o600 })
  child.stdin.on('error', () => {}) // it died at once: its output says why
  child.stdin.end(JSON.stringify(welcome))
  child.unref()
}

/** The newest sessions are kept; their names begin with when they began. */
function forgetOldSessions(sessions: string): void {
  for (const name of readdirSync(sessions).sort().slice(0, -sessionsKept))
    if (!isAlive(join(sessions, name))) rmSync(join(sessions, name), { recursive: true, force: true })
}

/** Whether the session's process lives, and is not another with its number. */
function isAlive(session: string): boolean {
  try {
    const pid = readFileSync(join(session, 'pid'), 'utf8')
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
    return variables.includes(`${sessionVariable}=${session}`)
  } catch {
    if (existsSync(join(session, 'pid'))) return false
    // Another porter may be at it: its client was lost, and we are here for the same client.
    const made = statSync(session, { throwIfNoEntry: false })?.mtimeMs ?? 0
    return Date.now() - made < startsWithin
  }
}

/** Brings the client the session's output, whole lines from `from` on, until the script's end. */
function follow(errand: Errand): void {
  const session = directoryOf(errand)
  const read = growingLines(join(session, 'output.jsonl'), errand.from)
  let over = false
  const bring = (): void => {
    for (let lines = over ? undefined : read(); lines?.length; lines = over ? undefined : read()) {
      const isLast = /^\{"type":"exit"/m.test(lines.toString('latin1'))
      process.stdout.write(lines, () => isLast && process.exit(0))
      over = isLast
    }
  }
  const look = (): void => {
    const alive = isAlive(session)
    bring() // what it said last, it said before it was seen dead
    if (!alive && !over) {
      const raw = readIfThere(join(session, 'raw')) ?? `there is no session ${session}`
      const died: Frame = { type: 'died', detail: lastLines(raw, 12) }
      process.stdout.write(`${JSON.stringify(died)}\n`, () => process.exit(0))
      over = true
    }
  }
  process.stdout.write(`${openingLine}\n`)
  if (existsSync(session)) watch(session, bring)
  setInterval(look, 200)
  look()
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
