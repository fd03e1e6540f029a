import { type Colour, parts } from '../environment/environment.ts'
import type { Images } from '../environment/releases.ts'
import type { Fact, FactOf } from './events.ts'

/** The last that a run has said of one thing. */
export const lastFact = <Kind extends Fact['kind']>(
  facts: readonly Fact[],
  kind: Kind,
): FactOf<Kind> | undefined => facts.findLast((fact): fact is FactOf<Kind> => fact.kind === kind)

/** What is known of users' place when a run has not come to its end. */
export interface Left {
  /** The running proxy's word; undefined when it does not answer. */
  readonly served: Colour | null | undefined
  /** The map's word: the colour that a proxy which starts now will use. */
  readonly onDisk: Colour | null
  /** The move that was announced last, if one was. */
  readonly switching: FactOf<'switching'> | undefined
  /** The run that wrote the last line of the history. */
  readonly recordedBy: string | undefined
}

/** The colour that users are on. What the proxy does counts, and not what it would do. */
export const usersAreOn = ({ served, onDisk }: Pick<Left, 'served' | 'onDisk'>): Colour | null =>
  served === undefined ? onDisk : served

/** The move that has happened although nobody recorded it: it is to be adopted or undone. */
export function unrecordedMove(left: Left): FactOf<'switching'> | undefined {
  const { switching, recordedBy } = left
  if (!switching || switching.to !== usersAreOn(left) || switching.release.run === recordedBy)
    return undefined
  return switching
}

/** What becomes of a colour that users are not on: it is stopped and stands by, is removed, or stays as it is. */
export function fateOf(
  containers: readonly { readonly image: string; readonly status: string }[],
  known: { readonly previous: Images | undefined; readonly wasCandidate: boolean },
): 'stop' | 'remove' | 'stay' {
  const images = new Set<string>(Object.values(known.previous ?? {}))
  const standsBy = containers.length === parts.length && containers.every(({ image }) => images.has(image))
  if (standsBy) return containers.some(({ status }) => status === 'running') ? 'stop' : 'stay'
  return containers.length > 0 && known.wasCandidate ? 'remove' : 'stay'
}
