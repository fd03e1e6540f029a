import { exitCodes, Failure, problemOf } from '../base/failure.ts'
import type { Manifest } from './manifest.ts'

/**
 * Does what comes after a dump that is complete. When it fails the backup is here all the same, without what was to be
 * done: the message says both, and the exit code is not the one that says that nothing was changed.
 * @param lacking how the sentence goes on: `NOT offsite`
 * @param next what a person does about it, once the cause is mended
 */
export async function elseLacking<T>(
  { file, verifiedBy }: Manifest,
  { lacking, next }: { lacking: string; next: string },
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const { what, detail, fix } = problemOf(error)
    throw new Failure(
      {
        what: `backups/${file} is here, ${verifiedBy ? 'proved' : 'complete'}, but ${lacking}: ${what}`,
        detail,
        fix: [fix, next].filter(line => line !== undefined).join('\n'),
      },
      exitCodes.needsPerson,
      error,
    )
  }
}
