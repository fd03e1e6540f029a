import type { RunEvent } from '../run/events.ts'

/** What a script that runs on the VPS says to whoever started it from elsewhere: one line of JSON each. */
export type Frame =
  | { readonly type: 'out' | 'err'; readonly text: string }
  | { readonly type: 'event'; readonly event: RunEvent }
  /** It wants to read from the person's terminal, or no longer. */
  | { readonly type: 'reads'; readonly on: boolean }
  /** It wants every key at once and shows them itself, or no longer. */
  | { readonly type: 'raw'; readonly on: boolean }
  | { readonly type: 'exit'; readonly code: number }
  /** Not by the script: it is gone and has not said `exit`. */
  | { readonly type: 'died'; readonly detail: string }

/** What the client tells the script. */
export type Word =
  | { readonly type: 'input'; readonly base64: string }
  | { readonly type: 'end-of-input' }
  | { readonly type: 'stop' }

/** What a script is given when it starts: by standard input, so that it is in no list of processes. */
export interface Welcome {
  readonly variables: Readonly<Record<string, string>>
  readonly terminal: {
    readonly input: boolean
    readonly output: boolean
    readonly columns: number
    readonly rows: number
  }
}

/** The client's first line to the porter. */
export interface Errand {
  readonly directory: string
  readonly session: string
  /** Bytes of the session's output that the client has already. */
  readonly from: number
  /** Given the first time: what to start. */
  readonly start?: { readonly script: string; readonly args: readonly string[]; readonly welcome: Welcome }
}

/** Before this, what dotfiles print; after it, the session's output. */
export const openingLine = 'tracehub-session-follows'

/** Splits a stream of text into its whole lines. */
export function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = ''
  return text => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
