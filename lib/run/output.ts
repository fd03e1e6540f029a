import { isCode } from '../base/system-errors.ts'
import type { RunEvent } from './events.ts'

/**
 * Node writes to a terminal synchronously, so one that stands still (Ctrl-S, a stopped multiplexer) stops the whole
 * process in a write, with the lock held. From now on what the terminal does not take waits in memory instead. Pipes are
 * asynchronous already, and files do not stand still.
 */
export function neverWaitForTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.isTTY) continue
    // Undocumented, but what Node itself calls: no public way leads to it.
    const handle = (stream as unknown as { _handle?: { setBlocking?(blocking: boolean): void } })._handle
    handle?.setBlocking?.(false)
    process.once('exit', () => handle?.setBlocking?.(true)) // our shell may have the same open terminal
  }
}

/**
 * What only prints ends when that cannot be written any more: without a word where its reader has read enough
 * (`… | head`), else with a sentence (`… > file` on a full disk). A run goes on to its end.
 */
export function endWhenOutputFails(): void {
  if (process.stdout.listeners('error').includes(outputFailed)) return
  process.stdout.on('error', outputFailed)
  process.stderr.on('error', () => {})
}

function outputFailed(error: Error): void {
  if (!endsAlone()) return
  if (!isCode(error, 'EPIPE')) process.stderr.write(`the output cannot be written: ${error.message}\n`)
  process.exit(1)
}

/** Whoever follows this script from elsewhere: the room `remote` enters it here, when a client has started us. */
type Teller = (event: RunEvent) => void

let teller: Teller | undefined
let mayEnd = true

/** From now on events are told to a client, which shows them. */
export function tellFollower(tell: Teller): void {
  teller = tell
}

/** Where a script of ours was started by a client elsewhere: the client shows its events. */
export const eventTeller = (): Teller | undefined => teller

/** From now on the script goes on to its end, whether or not anybody follows it. */
export function surviveAlone(): void {
  mayEnd = false
}

/** Whether it may end when nobody follows it any more. */
export const endsAlone = (): boolean => mayEnd
