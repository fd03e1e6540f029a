import type { Fault } from '../fault.ts'
import { clock } from './clock.ts'
import { commands } from './commands.ts'
import { disk } from './disk.ts'
import { engineDies } from './engine.ts'
import { corrupted } from './files.ts'
import { kills } from './kills.ts'
import { people } from './people.ts'
import { registryFails } from './registry.ts'
import { remote } from './remote.ts'
import { stalls } from './stalls.ts'

/** Everything that may go wrong. */
export const faults: readonly Fault[] = [
  ...kills,
  engineDies,
  ...remote,
  ...stalls,
  disk,
  ...commands,
  clock,
  registryFails,
  corrupted,
  ...people,
]
