import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Colour } from '../../../../lib/environment/environment.ts'
import { directoryOf } from '../../harness.ts'

/** The colour in the map on disk, read without the toolkit; undefined where it says none. */
export function liveColour(): Colour | undefined {
  try {
    const text = readFileSync(join(directoryOf('production'), 'proxy', 'live.map'), 'utf8')
    return (['blue', 'green'] as const).find(colour => text === `live ${colour}\n`)
  } catch {
    return undefined
  }
}
