import { Failure, problemOf } from '../base/failure.ts'
import { type Answer, get, type Target } from '../base/http.ts'
import { lastLines, shown } from '../base/text.ts'
import { composeHere } from '../docker/compose.ts'
import { waitUntilHealthy } from '../docker/health.ts'
import { Project, type ServiceName } from '../docker/project.ts'
import type { Colour, Environment, SmokeTest } from '../environment/environment.ts'
import { damagedHistory } from '../environment/releases.ts'
import type { Running } from '../run/running.ts'
import type { Step } from '../run/step.ts'
import { HAProxy } from './proxy.ts'

/** What a run works on: one environment on this machine. */
export interface Site extends Running {
  readonly environment: Environment
  readonly project: Project
  readonly proxy: HAProxy
}

export async function siteOf(environment: Environment, running: Running): Promise<Site> {
  const damaged = damagedHistory(environment)
  if (damaged) running.run.warn(damaged)
  return {
    ...running,
    environment,
    project: new Project(environment, await composeHere()),
    proxy: new HAProxy(environment),
  }
}

/** Waits until containers are healthy and the proxy knows their addresses. */
export async function waitForServices(
  site: Site,
  services: readonly ServiceName[],
  step: Step,
  recovering = false,
): Promise<void> {
  const { project, proxy, run } = site
  await waitUntilHealthy(project, services, { step, signal: run.signal, recovering })
  await proxy.waitForAddresses(project, services, run.signal)
}

/** Smoke tests of a colour at its private entrance, whether or not users are on it. */
export async function smokeTestColour({ environment, proxy }: Site, colour: Colour): Promise<void> {
  await smokeTest(environment, ({ part, path }) => proxy.preview(part, colour, path), colour)
}

/** Smoke tests of the version that users reach, at its private entrance. Where nobody can be asked, a warning. */
export async function testLive(site: Site): Promise<void> {
  const live = site.proxy.mapOnDisk()
  if (live === null) return
  if ((await site.proxy.live()) !== undefined) return smokeTestColour(site, live)
  site.run.warn({
    what: 'the proxy does not answer, so the version that is live was not tested',
    fix: site.project.typed('up', '-d', 'proxy'),
  })
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

/** The part of an environment's settings that smoke tests take; the time for each, in ms. */
interface Tested {
  readonly smokeTests: readonly SmokeTest[]
  readonly timeouts: { readonly request: number }
}

/**
 * Runs all smoke tests at once; a colour is fit for users when every one is answered as described.
 * @throws Failure that lists every test that is not, with what came instead.
 */
export async function smokeTest(
  { smokeTests: tests, timeouts }: Tested,
  targetOf: (test: SmokeTest) => Target,
  who: string,
): Promise<void> {
  const tried = await Promise.all(tests.map(test => failureOf(test, targetOf(test), timeouts.request)))
  const failed = tried.filter(why => why !== undefined)
  if (failed.length === 0) return
  throw new Failure({
    what: `${failed.length} of ${tests.length} smoke tests of ${who} failed`,
    detail: failed.join('\n'),
    fix: 'mend what these tests found, build again and deploy',
  })
}

async function failureOf(test: SmokeTest, target: Target, timeout: number): Promise<string | undefined> {
  const name = `${test.part} GET ${test.path}`
  try {
    const why = mismatch(test, await get(target, timeout))
    return why && `${name}: ${why}`
  } catch (error) {
    return `${name}: ${problemOf(error).what}`
  }
}

/** How an answer differs from what a test expects, or undefined when it is right. */
export function mismatch(test: SmokeTest, answer: Answer): string | undefined {
  const found = `found ${answer.status} ${shown(lastLines(answer.body.slice(0, 500), 1))}`
  const status = test.status ?? 200
  if (answer.status !== status) return `expected status ${status}, ${found}`
  if (test.contains !== undefined && !answer.body.includes(test.contains))
    return `expected ${shown(test.contains)} in the answer, ${found}`
  if (test.json === undefined) return undefined
  const json = parsedObject(answer.body)
  if (!json) return `expected a JSON object, ${found}`
  for (const [key, value] of Object.entries(test.json))
    if (json[key] !== value) return `expected ${key} to be ${JSON.stringify(value)}, ${found}`
  return undefined
}

function parsedObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined // not JSON: the caller says so
  }
}
