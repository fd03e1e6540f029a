import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Failure } from '../base/failure.ts'
import { duration, lastLines } from '../base/text.ts'
import { all, type Fact, parseFact } from './facts.ts'
import type { Invocation } from './python.ts'

export interface Request {
  readonly id: string
  /** Relative to the backend's directory. */
  readonly config: string
  /** The file that lists what is meant to be irreversible, relative to the backend's directory. */
  readonly irreversible: string
  /** `all`: also on an empty database, and models against schema. `pending`: only the judged revisions, on what is before them. */
  readonly scope: 'all' | 'pending'
  /** With `pending`: a database with a copy of the live schema, for where the history makes another one. */
  readonly live?: string | undefined
  /** A database with a restored backup, to which the pending revisions are to be applied. */
  readonly rehearse?: { readonly database: string } | undefined
}

/** What to run, null where nothing can be; and what of it matters: the rest before it is applied in one go. */
export interface Plan {
  readonly order: readonly string[] | null
  /** null: all of it. */
  readonly judged: readonly string[] | null
  readonly irreversible: readonly string[]
}

/**
 * Starts the Python half, which first reads the files; `plan` is then asked which revisions to run.
 * @returns all that it stated. @throws Failure when it cannot be started or dies of a bug.
 */
export async function drive(
  { command, env, directory, url }: Invocation,
  request: Request,
  hooks: {
    plan: (facts: readonly Fact[]) => Plan
    onFact: (fact: Fact) => void
    /** In ms: how long nothing may come from it. A revision on made-up rows takes less than a second. */
    patience?: number
    signal: AbortSignal
  },
): Promise<Fact[]> {
  hooks.signal.throwIfAborted()
  const [program = '', ...words] = command
  // Its own group: Ctrl-C reaches us alone. When our end of its standard input closes it cleans up, and ends.
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true, cwd: '/' })
  const facts: Fact[] = []
  let hasOrder = false
  let isSilent = false
  let said = ''
  const hear = (text: string): void => {
    said = (said + text).slice(-20_000)
  }
  child.stderr.on('data', (chunk: Buffer) => hear(chunk.toString()))
  child.stdin.on('error', () => {}) // it died: its exit code says so
  const stop = (): void => void child.stdin.end()
  hooks.signal.addEventListener('abort', stop)
  const ended: Promise<(number | null)[]> = once(child, 'close').catch((error: Error) => {
    throw new Failure({
      what: `${program} cannot be started: ${error.message}`,
      fix: 'name the Python that has Alembic: --python <path>, or an image: --image <ref>',
    })
  })
  child.stdin.write(`${JSON.stringify({ ...request, directory, url })}\n`)
  const lines = createInterface({ input: child.stdout })
  lines.on('line', line => {
    const fact = parseFact(line)
    if (fact === undefined) {
      hear(`${line}\n`) // what an image's Python prints as it starts, before ours can lead that elsewhere
      return
    }
    facts.push(fact)
    if (fact.type === 'read') {
      const plan = hooks.plan(facts)
      hasOrder = plan.order !== null
      child.stdin.write(`${JSON.stringify(plan)}\n`)
    }
    hooks.onFact(fact)
    silence.refresh()
  })
  const giveUp = (): void => {
    isSilent = true
    stop()
  }
  const silence = setTimeout(giveUp, hooks.patience ?? 2 ** 31 - 1)
  const [code] = await ended
  clearTimeout(silence)
  hooks.signal.removeEventListener('abort', stop)
  hooks.signal.throwIfAborted()
  const last = all(facts, 'revision').at(-1)?.revision ?? 'the first revision'
  if (isSilent)
    throw new Failure({
      what: `the migrations show no progress: for ${duration(hooks.patience ?? 0)} nothing has come after ${last}`,
      fix: 'fix what waits for ever, in env.py or in the revision after that one: `alembic upgrade head` would, too',
    })
  const isWhole = !hasOrder || facts.some(({ type }) => type === 'done' || type === 'no-driver')
  if (code === 0 && !isWhole)
    throw new Failure({
      what: `env.py or a migration ends the whole process, after ${last}`,
      fix: 'let it raise an error or return: os._exit() hides from Alembic, and from this check, what comes after it',
    })
  if (code === 0) return facts
  throw new Failure({
    what: `the Python half of migrate-check ended with exit code ${code}`,
    detail: lastLines(said, 12),
  })
}
