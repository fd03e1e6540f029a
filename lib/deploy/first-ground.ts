import { nothingWasLive } from '../database/lasting-services.ts'
import type { Environment } from '../environment/environment.ts'
import type { Run } from '../run/run.ts'
import { demandNoStrangers } from './strangers/demand.ts'
import { groundOf } from './strangers/look.ts'
import { leftSince, type Traces, traces } from './traces.ts'

export interface Accepting {
  /** Go on beside what others have left. */
  readonly acceptFound?: boolean
}

/** The place of a first deploy: what is there before it, and what it leaves when it fails. */
export class FirstGround {
  readonly #environment: Environment
  #before: Traces | undefined

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /**
   * Whether nothing was ever live here. To be asked before the first change.
   * @throws Failure that names each thing there which the toolkit did not make.
   */
  async isFirst(run: Run, { acceptFound = false }: Accepting): Promise<boolean> {
    if (!nothingWasLive(this.#environment)) return false
    this.#before = await traces(this.#environment)
    await demandNoStrangers(groundOf(this.#environment), run, acceptFound)
    return true
  }

  /** What is there now and was not before, a line for each kind of thing; of later deploys nothing is said. */
  async left(): Promise<string[]> {
    return this.#before ? leftSince(this.#before, await traces(this.#environment)) : []
  }
}
