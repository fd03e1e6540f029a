import type { RunEvent } from './events.ts'

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
