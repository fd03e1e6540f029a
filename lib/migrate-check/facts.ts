/** What the Python half states, one line of JSON each. Paths are relative to the backend's directory. */
export type Fact =
  | { readonly type: 'versions'; readonly alembic: string; readonly python: string }
  | { readonly type: 'no-alembic'; readonly message: string; readonly python: string }
  | { readonly type: 'no-driver'; readonly message: string }
  | { readonly type: 'no-config'; readonly file: string }
  | { readonly type: 'bad-config'; readonly file: string; readonly message: string }
  | ({ readonly type: 'file' } & RevisionFile)
  | ({ readonly type: 'model' } & ModelTable)
  /** The text of the list of what is meant to be irreversible; empty where there is none. */
  | { readonly type: 'irreversible'; readonly text: string }
  | { readonly type: 'read' }
  | { readonly type: 'leftovers'; readonly databases: readonly string[] }
  | { readonly type: 'loaded' }
  | { readonly type: 'load-failed'; readonly what: 'env' | 'revision'; readonly error: PythonError | null }
  | ({ readonly type: 'fresh' } & Fresh)
  | ({ readonly type: 'revision' } & Step)
  /** A revision that makes tables from env.py's target_metadata, and the line that does. */
  | { readonly type: 'todays-models'; readonly revision: string; readonly line: number }
  /** Why what is pending was tried on the copy of the live schema: what the history makes otherwise; null: it makes none. */
  | { readonly type: 'live-schema'; readonly differences: readonly Difference[] | null }
  | { readonly type: 'stopped'; readonly revision: string; readonly left: number }
  | { readonly type: 'no-rows'; readonly table: string; readonly why: string }
  | ({ readonly type: 'drift' } & Drift)
  | { readonly type: 'drift-failed'; readonly error: PythonError }
  | ({ readonly type: 'rehearsed' } & Rehearsed)
  /** What the pending revisions have made of the backup's schema. */
  | { readonly type: 'rehearsed-schema'; readonly differences: readonly Difference[] }
  | { readonly type: 'done'; readonly ms: number; readonly databases: number }

export type FactOf<Type extends Fact['type']> = Extract<Fact, { type: Type }>

/** The facts of one kind, in their order. */
export const all = <Type extends Fact['type']>(facts: readonly Fact[], type: Type): FactOf<Type>[] =>
  facts.filter((fact): fact is FactOf<Type> => fact.type === type)

/** A value of a revision file as its text has it; `unknown` is an expression that only running it would resolve. */
type Literal = string | null | readonly string[] | { readonly unknown: string }
export interface Assigned {
  readonly value: Literal
  readonly line: number
  /** Every line that assigns it. */
  readonly lines: readonly number[]
}
interface Line {
  readonly value: string
  readonly line: number
}
export interface RevisionFile {
  readonly file: string
  /** Whether Alembic does not read it. */
  readonly ignored: boolean
  readonly error?: { readonly line: number; readonly message: string }
  readonly revision?: Assigned | null
  readonly down_revision?: Assigned | null
  readonly branch_labels?: Assigned | null
  readonly depends_on?: Assigned | null
  readonly functions?: Readonly<
    Record<string, { line: number; end: number; body: 'body' | 'empty' | 'raises' }>
  >
  readonly docstring?: {
    readonly title: string
    readonly revision?: Line
    readonly revises?: Line
  } | null
  /** `except` and `suppress` around statements, without a `raise` in them. */
  readonly swallowed?: readonly { readonly line: number }[]
  readonly suppressions?: readonly Suppression[]
}
export interface Suppression {
  readonly line: number
  readonly id: string
  readonly reason: string
}
export interface ModelTable {
  readonly table: string
  readonly file: string
  readonly line: number
}

export interface PythonError {
  readonly type: string
  readonly message: string
  /** SQLSTATE, of an error of PostgreSQL. */
  readonly state: string | null
  readonly statement: string | null
  /** The frames in the backend's own files, outermost first. */
  readonly frames: readonly {
    readonly file: string
    readonly line: number
    readonly function: string
    readonly text: string
  }[]
  /** The module that is missing, of an ImportError. */
  readonly module: string | null
}

export interface Fresh {
  readonly ok: boolean
  readonly ms?: number
  readonly revision?: string | null
  readonly error?: PythonError
}

export interface Statement {
  readonly sql: string
  readonly ms: number
  readonly rows: number
  readonly line: number
  readonly transaction: boolean
  /** Relation and mode of everything that the session held after it, as pg_locks has it. */
  readonly locks: readonly (readonly [relation: string, mode: string])[]
}

export interface Change {
  readonly change: string
  readonly table: string
  readonly column?: string
  readonly from?: string
  readonly to?: string
}

export interface Difference {
  readonly kind: string
  readonly name: string
  readonly before: string | null
  readonly after: string | null
}

interface DatabaseError {
  readonly line: number | null
  readonly message: string
  readonly sql: string
}

/** What happened when a revision was applied, rolled back in a clone, and applied again. Times are milliseconds. */
export interface Step {
  readonly revision: string
  readonly ms: number
  readonly statements: readonly Statement[]
  readonly databaseErrors: readonly DatabaseError[]
  /** The failure with rows in the tables, and the one without, where that failed, too. */
  readonly error?: PythonError
  readonly emptyError?: PythonError
  readonly changes?: readonly Change[]
  /** The tables that were there before it. */
  readonly tables?: readonly string[]
  readonly down?: Down
}

export interface Down {
  readonly statements: number
  readonly databaseErrors: readonly DatabaseError[]
  readonly error?: PythonError
  /** Whether the rows made it fail, not the statements. */
  readonly byRows?: boolean
  readonly different?: readonly Difference[]
  readonly orders?: readonly string[]
  readonly lost?: readonly {
    readonly table: string
    readonly rows?: number
    readonly of?: number
    readonly column?: string
  }[]
  readonly againError?: PythonError
  readonly againDifferent?: readonly Difference[]
}

export interface Drift {
  readonly models: boolean
  readonly tables?: readonly string[]
  readonly differences?: readonly { readonly kind: string; readonly table: string; readonly what: string }[]
  readonly enums?: readonly {
    readonly type: string
    readonly table: string
    readonly column: string
    readonly models: readonly string[]
    readonly database: readonly string[]
  }[]
  /** The backend's files that env.py has imported. */
  readonly modules?: readonly string[]
  /** By table, the backend's files that make its model what it is. */
  readonly sources?: Readonly<Record<string, readonly string[]>>
}

/** A pending revision, applied to a restored backup. Sizes are bytes, times milliseconds. */
export interface Rehearsed {
  readonly revision: string
  readonly ms: number
  readonly statements: readonly Statement[]
  readonly error?: PythonError
  readonly sizes: Readonly<Record<string, number>>
}

/** A line of the Python half; undefined where it is none of ours. */
export function parseFact(line: string): Fact | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && 'type' in value) return value as Fact // its other half is ours
  } catch {
    // said by somebody else
  }
  return undefined
}
