import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEvent } from '../../../lib/run/events.ts'
import { readEvents } from '../../../lib/run/run-log.ts'
import { directoryOf, type Finished, runIds, scriptEnvironment } from '../harness.ts'
import { colourless } from '../kill.ts'
import type { ScriptName } from './fault.ts'
import type { RegistryFront } from './front.ts'
import type { Random } from './random.ts'

const project = join(import.meta.dirname, '..', '..', '..')
export const stormEnvironment = {
  ...scriptEnvironment,
  TRACEHUB_OVERRIDE: join(import.meta.dirname, 'override.ts'),
} as const
/** Milliseconds. Nothing of these runs should wait so long, whatever happens: one that does is a finding. */
const longest = 240_000

/** A script of ours in a process group of its own. */
export interface Launched {
  /** What it is to bring live, where that was said. */
  readonly tag: string | undefined
  readonly done: Promise<Finished & { readonly hung: boolean }>
  /** Whether it has ended. */
  over(): boolean
  signal(signal: NodeJS.Signals): void
}

export function launch(
  script: ScriptName | 'repair',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Launched {
  const began = Date.now()
  const child = spawn(join(project, 'scripts', `${script}.ts`), args, {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...stormEnvironment, ...env },
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${script} did not start`)
  let [stdout, stderr, hung, over] = ['', '', false, false]
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const signal = (name: NodeJS.Signals): void => {
    if (!over) process.kill(-pid, name)
  }
  const timer = setTimeout(() => {
    hung = true
    signal('SIGKILL')
  }, longest)
  child.once('exit', () => {
    over = true
    clearTimeout(timer)
  })
  const done = new Promise<Finished & { hung: boolean }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr, seconds: (Date.now() - began) / 1000, hung }))
  })
  const tag = args[args.indexOf('--tag') + 1]
  return { done, signal, over: () => over, tag: args.includes('--tag') ? tag : undefined }
}

/** How long each step of a script takes when nobody disturbs it: its title without a colour, and ms. */
export class Usual {
  readonly #steps = new Map<ScriptName, { title: string; ms: number }[]>()

  learn(script: ScriptName, events: readonly RunEvent[]): void {
    const steps = events.flatMap(event =>
      event.type === 'step-finished' ? [{ title: colourless(event.title), ms: event.ms }] : [],
    )
    this.#steps.set(script, steps)
  }

  steps(script: ScriptName, among: RegExp): { title: string; ms: number }[] {
    const steps = (this.#steps.get(script) ?? []).filter(({ title }) => among.test(title))
    if (steps.length === 0) throw new Error(`no step of ${script} matches ${among}`)
    return steps
  }
}

/** One faulted run: what is started, when the fault comes, and what has become of it. */
export class Scene {
  readonly random: Random
  readonly front: RegistryFront
  readonly script: ScriptName
  readonly args: readonly string[]
  readonly launched: Launched[] = []
  /** When the fault came, in words. */
  when = 'at the start'
  /** Whether the fault has come while a run was at work. */
  struck = false
  readonly #usual: Usual
  readonly #before = new Set(runIds('production'))

  constructor(given: {
    random: Random
    front: RegistryFront
    usual: Usual
    script: ScriptName
    args: readonly string[]
  }) {
    this.random = given.random
    this.front = given.front
    this.#usual = given.usual
    this.script = given.script
    this.args = given.args
  }

  start(env: Readonly<Record<string, string>> = {}, args = this.args): Launched {
    const run = launch(this.script, ['-e', 'production', ...args], env)
    this.launched.push(run)
    return run
  }

  /**
   * Waits for a moment of the run that chance has chosen: a step, and so far into it.
   * @returns whether the run is still at work then.
   */
  async moment(run: Launched, among = /./): Promise<boolean> {
    const { title, ms } = this.random.pick(this.#usual.steps(this.script, among))
    const into = Math.round(this.random.next() * ms)
    this.when = `${into} ms into "${title}"`
    while (!run.over() && !this.hasBegun(begun => begun === title)) await sleep(10)
    await sleep(run.over() ? 0 : into)
    this.struck = !run.over()
    return this.struck
  }

  /** The events of the runs that were started here. */
  events(): RunEvent[] {
    const directory = join(directoryOf('production'), 'logs', 'runs')
    return this.newRuns().flatMap(name => {
      try {
        return readEvents(readFileSync(join(directory, name), 'utf8'))
      } catch {
        return [] // the fault may have taken it away
      }
    })
  }

  newRuns(): string[] {
    return runIds('production').filter(name => !this.#before.has(name))
  }

  /** Waits until every run that was started here has ended, also one whose client is gone. */
  async over(): Promise<void> {
    await Promise.all(this.launched.map(({ done }) => done))
    const pids = this.events().flatMap(event => (event.type === 'run-started' ? [event.pid] : []))
    for (let tries = 0; pids.some(isAlive) && tries < longest / 100; tries += 1) await sleep(100)
  }

  /** Whether a step has been begun whose title, without its colour, is such a one. */
  hasBegun(isIt: (title: string) => boolean): boolean {
    return this.events().some(event => event.type === 'step-started' && isIt(colourless(event.title)))
  }

  /** The moment has passed; the fault is not made. */
  miss(): void {
    this.struck = false
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
