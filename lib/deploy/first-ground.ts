import { Failure } from '../base/failure.ts'
import type { Run } from '../run/run.ts'
import { demandNoStrangers } from './strangers/demand.ts'
import type { Ground } from './strangers/look.ts'
import { leftSince, type Traces, traces } from './traces.ts'

/** The place of a first deploy: what is there before it, and what it leaves when it fails. */
export class FirstGround {
  readonly #ground: Ground
  readonly #isFirst: () => boolean
  #before: Traces | undefined

  constructor(ground: Ground, isFirst: () => boolean) {
    this.#ground = ground
    this.#isFirst = isFirst
  }

  /**
   * Whether nothing was ever live here. To be asked before the first change; with `accept-found`, others' things stay.
   * @throws Failure that names each thing there which the toolkit did not make.
   */
  async isFirst(run: Run, { 'accept-found': accepted = false }: { 'accept-found'?: boolean }) {
    if (!this.#isFirst()) return false
    this.#before = await traces(this.#ground)
    await demandNoStrangers(this.#ground, run, accepted)
    return true
  }

  /** What is there now and was not before, a line for each kind of thing; of later deploys nothing is said. */
  async left(): Promise<string[]> {
    if (!this.#before) return []
    try {
      return leftSince(this.#before, await traces(this.#ground))
    } catch (error) {
      if (error instanceof Failure) return [`not known: ${error.what}`] // the run itself has its end all the same
      throw error
    }
  }
}
