import { together } from '../../../lib/base/all-settled.ts'
import { removeEnvironment } from '../root.ts'
import type { Fault, ScriptName } from './fault.ts'
import { faults } from './faults/all.ts'
import { pushFreight } from './freight.ts'
import { RegistryFront } from './front.ts'
import { freshProduction, freshStaging, pruneBackups } from './place.ts'
import { Random } from './random.ts'
import { Usual } from './scene.ts'
import type { Campaign } from './table.ts'
import { type Outcome, trial } from './trial.ts'
import { Truth } from './truth/truth.ts'

export interface Wanted {
  readonly seed: string
  /** How many runs a fault is to strike. */
  readonly runs: number
  /** Milliseconds after which no other run is begun. */
  readonly longest: number
  /** Only these; all that are possible here unless told. */
  readonly only?: readonly Fault[]
  /** The scripts that are struck, each as often as it stands here. */
  readonly scripts?: readonly ScriptName[]
  /** Called after each run, with all so far. */
  readonly progress: (campaign: Campaign, outcome: Outcome, number: number) => void
}

const mostlyDeploys: readonly ScriptName[] = ['deploy', 'deploy', 'deploy', 'rollback', 'backup']

/** Runs that are struck by faults, one after another, on an environment that lives on from run to run. */
export async function campaign(wanted: Wanted): Promise<Campaign> {
  const { seed, runs, longest, only = faults, scripts = mostlyDeploys, progress } = wanted
  const began = Date.now()
  const possible = only.filter(fault => fault.possible?.() !== false)
  const front = new RegistryFront()
  const usual = new Usual()
  let truth = new Truth()
  let soFar: Campaign = { seeds: [seed], seconds: 0, outcomes: [], missed: 0 }
  const order = inTurn(possible, new Random(seed))
  await front.open()
  try {
    await pushFreight()
    await together([freshStaging, () => freshProduction(usual, scripts)])
    for (let number = 1; soFar.outcomes.length < runs && Date.now() - began < longest; number += 1) {
      const outcome = await trial(
        { front, usual, truth, scripts },
        order.next(),
        new Random(`${seed}/${number}`),
      )
      if (!outcome.struck && outcome.findings.length === 0) order.again()
      const counts = outcome.struck || outcome.findings.length > 0
      soFar = {
        seeds: [seed],
        seconds: (Date.now() - began) / 1000,
        outcomes: counts ? [...soFar.outcomes, { ...outcome, seed, number }] : soFar.outcomes,
        missed: soFar.missed + (counts ? 0 : 1),
      }
      progress(soFar, outcome, number)
      pruneBackups()
      if (outcome.findings.length === 0) continue
      await freshProduction(usual, scripts)
      truth = new Truth()
    }
    return soFar
  } finally {
    truth.stop()
    for (const name of ['production', 'staging'] as const) await removeEnvironment(name)
    front.close()
  }
}

/** Every fault once in an order that chance has chosen, then again in another one. */
function inTurn(all: readonly Fault[], random: Random) {
  const queue: Fault[] = []
  let last: Fault | undefined
  return {
    next(): Fault {
      if (queue.length === 0) queue.push(...random.shuffled(all))
      last = queue.shift()
      if (!last) throw new RangeError('none of these faults can be made on this machine')
      return last
    },
    /** The last one has struck nothing. */
    again: () => void (last && queue.unshift(last)),
  }
}
