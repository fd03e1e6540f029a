import type { Place } from '../environment/environment.ts'
import { foreignAmong, keepFiles, keptNames, putBack } from '../environment/own-files.ts'
import type { Run } from './run.ts'

/**
 * Keeps those of the files that the toolkit did not write under a dated name, before ours take their places.
 * @param stays not put back when the run is undone: what takes the place is a repair
 */
export function setAside(
  run: Run,
  { directory }: Pick<Place, 'directory'>,
  names: readonly string[],
  { stays = false } = {},
): void {
  const kept = keptNames(foreignAmong(directory, names), new Date())
  if (kept.length === 0) return
  if (!stays)
    run.undo('Put back the files that the toolkit did not write', async () => putBack(directory, kept))
  keepFiles(directory, kept)
  for (const { name, as } of kept)
    run.note(`${name} in ${directory} was not written by the toolkit: kept as ${as}`)
}
