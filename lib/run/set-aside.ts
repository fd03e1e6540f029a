import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../environment/environment.ts'
import { foreignAmong } from '../environment/own-files.ts'
import type { Run } from './run.ts'

/**
 * Keeps those of the files that the toolkit did not write under a dated name (`.env.kept-20260103-143000`), before ours
 * take their places. They are renamed: owner, mode and time stay.
 * @param stays not put back when the run is undone: what takes the place is a repair
 */
export function setAside(
  run: Run,
  { directory }: Pick<Place, 'directory'>,
  names: readonly string[],
  { stays = false } = {},
): void {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const kept = foreignAmong(directory, names).map(name => ({ name, as: `${name}.kept-${stamp}` }))
  if (kept.length === 0) return
  const rename = (from: string, to: string): void => renameSync(join(directory, from), join(directory, to))
  if (!stays)
    run.undo('Put back the files that the toolkit did not write', async () => {
      for (const { name, as } of kept) if (existsSync(join(directory, as))) rename(as, name)
    })
  for (const { name, as } of kept) {
    rename(name, as)
    run.note(`${name} in ${directory} was not written by the toolkit: kept as ${as}`)
  }
}
