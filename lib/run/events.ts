import type { Problem } from '../base/failure.ts'
import type { Colour } from '../environment/environment.ts'
import type { Images, Release } from '../environment/releases.ts'

/** How a run ended: the words of the exit codes. */
export type Outcome = 'done' | 'failed' | 'rolled back' | 'needs a person'

/**
 * Everything that happens in a run, in the order in which it happens: one line each of
 * `logs/runs/<id>.jsonl`. Every output of ours is made from these and from nothing else.
 */
export type RunEvent = NewEvent & {
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What an event says, before the log adds when. Durations are milliseconds. */
export type NewEvent = Readonly<
  | {
      type: 'run-started'
      /** The log's format. Logs of older toolkits have none, and are read all the same. */
      v?: 1
      run: string
      script: string
      environment: string
      who: string
      pid: number
      /** Where these events are kept; a dry run keeps none. */
      log?: string | undefined
      /** Where to read more about why this run exists: a workflow run's address. */
      why?: string | undefined
    }
  | { type: 'step-started'; step: number; title: string }
  | { type: 'progress'; step: number; text: string }
  | {
      type: 'step-finished'
      step: number
      title: string
      ms: number
      outcome: 'done' | 'skipped' | 'failed'
      /** What was found or done, in a few words; of a failure, its first sentence. */
      note?: string | undefined
    }
  | { type: 'note'; text: string }
  | { type: 'warning'; problem: Problem }
  | { type: 'command'; text: string; ms: number; code: number | null }
  /** What the run is to bring live, said before it is pulled: the history of a failed run, and what nobody may prune. */
  | { type: 'target'; release: number | undefined; tag: string; images: Images }
  /** Something went wrong after something was changed: from here on the run rolls it back. */
  | { type: 'taking-back'; problem: Problem }
  /** How things stood at this moment, for whoever looks into it later: the last lines of a container, for example. */
  | { type: 'evidence'; what: string; text: string }
  /** What users asked while the run was changing things, and how often the answer was 500 or above. */
  | { type: 'traffic'; seen: number; failed: number }
  /** A fact that the repair of an interrupted run needs. Written before it becomes true. */
  | { type: 'fact'; fact: Fact }
  | {
      type: 'run-finished'
      ms: number
      outcome: Outcome
      exitCode: number
      problem?: Problem | undefined
      /** What a first deploy that failed has left: a line for each kind of thing. */
      left?: readonly string[] | undefined
      result?: Result | undefined
    }
>

export type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

/** The result of a run as rows of name and value, in the order in which they are shown. */
export type Result = readonly (readonly [name: string, value: string])[]

export type Fact = Readonly<
  /** A colour is about to be started that users do not reach. */
  | { kind: 'candidate'; colour: Colour }
  /** The schema's revision before a migration by a colour's image, which alone knows the way back. */
  | { kind: 'migrating'; from: string | null; colour: Colour; image: string }
  /** The schema is about to be rolled back by a colour's image, which alone knows the way forward again. */
  | {
      kind: 'downgrading'
      from: string
      to: string | null
      colour: Colour
      image: string
      /** Where users are: once they are elsewhere, the older schema is the right one. */
      live: Colour
    }
  /** Users are about to be moved, with what is to be recorded should the run die before it can. */
  | { kind: 'switching'; from: Colour | null; to: Colour; release: Release }
  /** The backend is about to be out of users' reach while the database is replaced. */
  | { kind: 'away'; containers: readonly string[] }
  /** Databases are about to change names: `live` becomes `kept` (null where it is gone), `side` becomes `live`. */
  | { kind: 'swapping-database'; live: string; side: string; kept: string | null }
  /** Directories are about to change names, likewise. */
  | { kind: 'swapping-uploads'; next: string; kept: string }
  /** Of these three, nothing that stands above needs repair any more. */
  | { kind: 'database-settled' }
  /** Nothing of what stands above needs repair any more. */
  | { kind: 'settled' }
>

export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>

/** Where a run writes what happens. */
export interface Journal {
  write(event: NewEvent): void
}
