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
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Errand } from './frames.ts'
import { sessionVariable } from './hosted.ts'

const sessionsKept = 30
/** ms */
const startsWithin = 10_000
const root = join(import.meta.dirname, '..', '..')

/** The directory of a session, readable for the owner alone. */
export const directoryOf = ({ directory, session }: Errand): string =>
  join(directory, 'logs', 'sessions', session)

/** Starts the script, once: asked again by a client that could not hear the answer, it does nothing. */
export function start(errand: Errand, { script, args, welcome }: NonNullable<Errand['start']>): void {
  const session = directoryOf(errand)
  const sessions = join(errand.directory, 'logs', 'sessions')
  mkdirSync(sessions, { recursive: true, mode: 0o700 })
  if (existsSync(session)) return // the client could not hear that it has been started
  forgetOldSessions(sessions)
  mkdirSync(session, { mode: 0o700 })
  const raw = openSync(join(session, 'raw'), 'a', 0o600)
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs'),
      join(root, 'scripts', `${script}.ts`),
      ...args,
    ],
    {
      cwd: errand.directory,
      detached: true, // a session of its own (setsid(2)): what ends the connection does not reach it
      stdio: ['pipe', raw, raw],
      env: { ...process.env, [sessionVariable]: session },
    },
  )
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
export function isAlive(session: string): boolean {
  try {
    const pid = readFileSync(join(session, 'pid'), 'utf8')
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
      .split('\0')
      .includes(`${sessionVariable}=${session}`)
  } catch {
    return isBeingStarted(session)
  }
}

/** Another porter is at it: its client was lost, and we are here for the same client. */
function isBeingStarted(session: string): boolean {
  if (existsSync(join(session, 'pid'))) return false
  const made = statSync(session, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return Date.now() - made < startsWithin
}
