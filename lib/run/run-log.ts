import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import { Failure, problemOf } from '../base/failure.ts'
import { namesIn } from '../base/files.ts'
import { redact } from '../base/redact.ts'
import type { Place } from '../environment/environment.ts'
import type { Fact, NewEvent, RunEvent } from './events.ts'

export type Listener = (event: RunEvent) => void

/** Tells what happens to whoever listens. */
export class EventStream {
  readonly #listeners: Listener[] = []
  readonly #failing = new Set<Listener>()

  listen(listener: Listener): void {
    this.#listeners.push(listener)
  }

  write(event: NewEvent): void {
    const line = JSON.stringify(
      { at: Date.now(), ...event },
      event.type === 'fact' ? undefined : withoutSecrets,
    )
    this.keep(event, line)
    const shown = JSON.parse(line) as RunEvent // our own line
    for (const listener of this.#listeners) {
      try {
        listener(shown)
      } catch (error) {
        // Telling people must not stop the work: a listener that fails is said once, and the run goes on.
        if (this.#failing.has(listener)) continue
        this.#failing.add(listener)
        process.stderr.write(`! what this run does cannot be shown: ${problemOf(error).what}; it goes on\n`)
      }
    }
  }

  /** What a subclass does with an event before anybody is told of it. */
  protected keep(_event: NewEvent, _line: string): void {}
}

/**
 * Words of ours and facts stay as they are: a secret that happens to be `done`, or four digits of a digest, must
 * not make an event unreadable. Everything that somebody may have written freely is redacted.
 */
const ours = new Set(['type', 'outcome', 'run', 'script', 'environment', 'log'])
function withoutSecrets(key: string, value: unknown): unknown {
  return typeof value === 'string' && !ours.has(key) ? redact(value) : value
}

/**
 * The append-only log of a run. An event is on its way to the disk before anybody is told of it, so a
 * run that is killed has always logged what it showed.
 */
export class RunLog extends EventStream {
  readonly file: string
  readonly #descriptor: number
  #complete = true

  constructor(environment: Place, id: string) {
    super()
    this.file = logFile(environment, id)
    this.#descriptor = openSync(this.file, 'ax', 0o600)
  }

  /** @throws Failure when a fact cannot be written: what it announces must not happen then. */
  protected override keep(event: NewEvent, line: string): void {
    try {
      writeFileSync(this.#descriptor, `${line}\n`) // a line is there whole, or it throws
    } catch (error) {
      const what = `${this.file} cannot be written: ${error instanceof Error ? error.message : error}`
      if (event.type === 'fact' && event.fact.kind !== 'settled')
        throw new Failure({ what, fix: 'df -h shows what is full' })
      // A disk that is full must not keep a run from taking back what it did.
      if (this.#complete) process.stderr.write(`! ${what}; this run goes on without it\n`)
      this.#complete = false
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

export const logFile = (environment: Place, id: string): string =>
  join(runsDirectory(environment), `${id}.jsonl`)

const runsDirectory = (environment: Place): string => join(environment.directory, 'logs', 'runs')

/** `20260103-143000.250-deploy`: sorts by time, UTC. */
export function runId(script: string, at: Date): string {
  return `${at.toISOString().replaceAll(/[-:Z]/g, '').replace('T', '-')}-${script}`
}

/** What an interrupted run left to repair: its facts since the last that was settled. */
export interface Unsettled {
  readonly run: string
  readonly facts: readonly Fact[]
}

/**
 * The run before `current`, if it did not end by itself or left something unrepaired.
 * @param previous the run that held the lock before. Where its log is not there, it is the one whose log began last:
 * a run that waited for the lock has an older name than it should, and a wrong clock misleads about both.
 */
export function unsettledRun(environment: Place, current: string, previous?: string): Unsettled | undefined {
  const others = runsIn(environment).filter(run => run !== current)
  const known = others.filter(run => run === previous)
  const candidates = (known.length > 0 ? known : others.slice(-waitersAtMost)).map(run => ({
    run,
    events: readRun(environment, run),
  }))
  const began = ({ events }: { events: RunEvent[] }): number => events[0]?.at ?? 0
  const newest = candidates.sort((a, b) => began(a) - began(b)).at(-1)
  const facts = newest && unsettledFacts(newest.events)
  return facts && { run: newest.run, facts }
}

/** So many runs may have waited for one lock; looking at more of their logs would only take time. */
const waitersAtMost = 10

/** The facts after the last `settled`, or undefined when that is the last word of a run. */
export function unsettledFacts(events: readonly RunEvent[]): Fact[] | undefined {
  const facts = events.flatMap(event => (event.type === 'fact' ? [event.fact] : []))
  const settled = facts.findLastIndex(({ kind }) => kind === 'settled')
  const finished = events.some(({ type }) => type === 'run-finished')
  if (finished && settled === facts.length - 1) return undefined
  return facts.slice(settled + 1)
}

/** The runs that have a log, oldest first: their names sort by time. */
export const runsIn = (environment: Place): string[] =>
  namesIn(runsDirectory(environment))
    .flatMap(name => (name.endsWith('.jsonl') ? [basename(name, '.jsonl')] : []))
    .sort()

export const readRun = (environment: Place, run: string): RunEvent[] =>
  readEvents(readFileSync(logFile(environment, run), 'utf8'))

/** The events in a log's text. */
export function readEvents(text: string): RunEvent[] {
  return text.split('\n').flatMap(line => {
    try {
      const value: unknown = JSON.parse(line)
      return v.is(eventForm, value) ? [value as RunEvent] : [] // written from one
    } catch {
      return [] // a half-written or damaged line: the events around it still count
    }
  })
}

const eventForm = v.object({ type: v.string(), at: v.number() })
