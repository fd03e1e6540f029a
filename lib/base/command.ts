interface Described {
  readonly short?: string
  readonly describe: string
}
interface Flag extends Described {
  readonly type: 'flag'
}
interface Value extends Described {
  readonly type: 'value'
  /** How help names the value: `<tag>`. */
  readonly value: string
  readonly choices?: readonly string[]
  /** What `--name` without a value means. Without this, a value is demanded. */
  readonly bare?: string
}
export type Options = Readonly<Record<string, Flag | Value>>

/** A word without a dash, in its place: `check` or `rotate`. */
export interface Word {
  readonly choices: readonly string[]
  readonly optional?: boolean
}

/** The options as they were given. */
export type Parsed<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Flag ? boolean : string | undefined
}

/** What a script says of itself: all that parsing its arguments, its help and running it need. */
export interface Command<O extends Options> {
  readonly name: string
  readonly summary: string
  readonly options: O
  readonly words?: readonly Word[]
  /** Lines of `command  what it does`, every one of which works as printed. */
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** It hands the terminal to another program: over SSH, that program gets this very one. */
  readonly interactive?: boolean
  /** What they mean here, where that is less than the contract's table. */
  readonly exitCodes?: string
  readonly run: (options: Parsed<O>, words: readonly string[]) => Promise<number>
}
