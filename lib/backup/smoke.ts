import { Failure, problemOf } from '../base/failure.ts'
import { smokeTestColour } from '../proxy/serving.ts'
import type { Site } from '../proxy/site.ts'

/** Smoke tests of the version that users reach, at its private entrance. Where nobody can be asked, a warning. */
export async function testLive(site: Site): Promise<void> {
  const live = site.proxy.mapOnDisk()
  if (live === null) return
  if ((await site.proxy.live()) === undefined) {
    site.run.warn({
      what: 'the proxy does not answer, so the version that is live was not tested',
      fix: site.project.typed('up', '-d', 'proxy'),
    })
    return
  }
  await smokeTestColour(site, live)
}

/** Why the live version does not work, or undefined when it does. */
export async function unfitness(site: Site): Promise<string | undefined> {
  try {
    await testLive(site)
    return undefined
  } catch (error) {
    if (error instanceof Failure) return problemOf(error).what
    throw error
  }
}
