import { Failure, problemOf } from '../../base/failure.ts'
import type { Colour } from '../../environment/environment.ts'
import { type Site, smokeTestColour } from '../../proxy/site.ts'

/** Whether a colour passes its smoke tests before anything is changed; said, where it does not. */
export async function isFit(site: Site, colour: Colour): Promise<boolean> {
  try {
    await smokeTestColour(site, colour)
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    site.run.warn({
      ...problemOf(error),
      fix: 'it was so before this run: the candidate is judged by itself alone',
    })
    return false
  }
}

/** Users are still on the same version, and the schema is another already: does the one work with the other? */
export async function testLive(
  { run, ...site }: Site,
  live: Colour,
  { fit, schema, fix }: { fit: boolean; schema: 'new' | 'older'; fix: string },
): Promise<void> {
  await run.step(`Smoke tests on ${live} with the ${schema} schema`, async step => {
    if (!fit) return step.skip(`${live} failed them before, too`)
    try {
      await smokeTestColour({ run, ...site }, live)
    } catch (error) {
      const problem = problemOf(error)
      throw new Failure({
        what: `the ${schema} schema breaks the live version: ${problem.what}`,
        detail: problem.detail,
        fix,
      })
    }
  })
}
