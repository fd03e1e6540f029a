import type { Problem } from '../base/failure.ts'
import type { Colour } from '../environment/environment.ts'
import type { Images, Release } from '../environment/releases.ts'

/** How a run ended: the words of the exit codes. */
export type Outcome = 'done' | 'failed' | 'rolled back' | 'needs a person'

/**
 * Everything that happens in a run, in the order in which it happens: one line each of
 * `logs/runs/<id>.jsonl`. Every output of ours is made from these and from nothing else.
 * `at` is milliseconds since 1970; durations are milliseconds.
 */
export type RunEvent =
  | {
      readonly type: 'run-started'
      /** The log's format. Logs of older toolkits have none, and are read all the same. */
      readonly v?: 1
      readonly at: number
      readonly run: string
      readonly script: string
      readonly environment: string
      readonly who: string
      readonly pid: number
      /** Where these events are kept; a dry run keeps none. */
      readonly log?: string | undefined
      /** Where to read more about why this run exists: a workflow run's address. */
      readonly why?: string | undefined
    }
  | { readonly type: 'step-started'; readonly at: number; readonly step: number; readonly title: string }
  | { readonly type: 'progress'; readonly at: number; readonly step: number; readonly text: string }
  | {
      readonly type: 'step-finished'
      readonly at: number
      readonly step: number
      readonly title: string
      readonly ms: number
      readonly outcome: 'done' | 'skipped' | 'failed'
      /** What was found or done, in a few words; of a failure, its first sentence. */
      readonly note?: string | undefined
    }
  | { readonly type: 'note'; readonly at: number; readonly text: string }
  | { readonly type: 'warning'; readonly at: number; readonly problem: Problem }
  | {
      readonly type: 'command'
      readonly at: number
      readonly text: string
      readonly ms: number
      readonly code: number | null
    }
  /** What the run is to bring live, said before it is pulled: the history of a failed run, and what nobody may prune. */
  | {
      readonly type: 'target'
      readonly at: number
      readonly release: number | undefined
      readonly tag: string
      readonly images: Images
    }
  /** Something went wrong after something was changed: from here on the run takes it back. */
  | { readonly type: 'taking-back'; readonly at: number; readonly problem: Problem }
  /** How things stood at this moment, for whoever looks into it later: the last lines of a container, for example. */
  | { readonly type: 'evidence'; readonly at: number; readonly what: string; readonly text: string }
  /** What users asked while the run was changing things, and how often the answer was 500 or above. */
  | { readonly type: 'traffic'; readonly at: number; readonly seen: number; readonly failed: number }
  /** A fact that the repair of an interrupted run needs. Written before it becomes true. */
  | { readonly type: 'fact'; readonly at: number; readonly fact: Fact }
  | {
      readonly type: 'run-finished'
      readonly at: number
      readonly ms: number
      readonly outcome: Outcome
      readonly exitCode: number
      readonly problem?: Problem | undefined
      /** What a first deploy that failed has left: a line for each kind of thing. */
      readonly left?: readonly string[] | undefined
      /** The result as rows of name and value, in the order in which they are shown. */
      readonly result?: readonly (readonly [name: string, value: string])[] | undefined
    }

export type Fact =
  /** A colour is about to be started that users do not reach. */
  | { readonly kind: 'candidate'; readonly colour: Colour }
  /** The schema's revision before a migration by a colour's image, which alone knows the way back. */
  | {
      readonly kind: 'migrating'
      readonly from: string | null
      readonly colour: Colour
      readonly image: string
    }
  /** The schema is about to be taken back by a colour's image, which alone knows the way forward again. */
  | {
      readonly kind: 'downgrading'
      readonly from: string
      readonly to: string | null
      readonly colour: Colour
      readonly image: string
      /** Where users are: once they are elsewhere, the older schema is the right one. */
      readonly live: Colour
    }
  /** Users are about to be moved, with what is to be recorded should the run die before it can. */
  | {
      readonly kind: 'switching'
      readonly from: Colour | null
      readonly to: Colour
      readonly release: Release
    }
  /** The backend is about to be out of users' reach while the database is replaced. */
  | { readonly kind: 'away'; readonly containers: readonly string[] }
  /** Databases are about to change names: `live` becomes `kept` (null where it is gone), `side` becomes `live`. */
  | {
      readonly kind: 'swapping-database'
      readonly live: string
      readonly side: string
      readonly kept: string | null
    }
  /** Directories are about to change names, likewise. */
  | { readonly kind: 'swapping-uploads'; readonly next: string; readonly kept: string }
  /** Of these three, nothing that stands above needs repair any more. */
  | { readonly kind: 'database-settled' }
  /** Nothing of what stands above needs repair any more. */
  | { readonly kind: 'settled' }

export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>

/** What an event says, before the log adds when. */
export type NewEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never

/** Where a run writes what happens. */
export interface Journal {
  write(event: NewEvent): void
}
