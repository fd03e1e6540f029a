import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf, url } from '../../harness.ts'
import type { Report } from '../../load/load.ts'
import { containersOf } from '../container.ts'
import type { Fault } from '../fault.ts'
import { freight } from '../freight.ts'
import { foreignDatabases, postsOf, type Rows, revisionIs, rowsUpTo } from './database.ts'
import { Documents } from './documents.ts'
import { environmentText, fileFindings, secretFindings } from './files.ts'
import { liveColour } from './map.ts'
import { Neighbour } from './neighbour.ts'
import { processFindings } from './processes.ts'

/** What the answers of a tag's containers say, and the schema that it works with. */
export const versionOf = (tag: string): string => (tag === freight ? 'v3' : tag)
const revisionOf = (tag: string): string => (tag === 'v1' ? 'a1b2c3d4' : 'd7e3f51b')

/**
 * Knows what is true of production and of its users without any of the toolkit's code: it asks the ports, psql,
 * Docker, the files and the processes themselves.
 */
export class Truth {
  readonly documents = new Documents()
  readonly #neighbour = new Neighbour()
  #rows: Rows = { upTo: 0, hash: '' }
  #environment = ''
  #lasting = ''

  /** From here on nothing may get lost. */
  async begin(): Promise<void> {
    this.#rows = await rowsUpTo('now')
    this.#environment = environmentText()
    this.#lasting = await lasting()
    await this.#neighbour.watch()
  }

  stop(): void {
    this.#neighbour.stop()
  }

  /** All that is not as it must be after a deploy of a tag. */
  async findings(expected: {
    readonly tag: string
    readonly reports: readonly Report[]
    readonly printed: string
    readonly fault: Fault
  }): Promise<string[]> {
    const found = [
      await servedBy(versionOf(expected.tag)),
      await containerFindings(),
      await revisionIs(revisionOf(expected.tag)),
      await foreignDatabases(),
      ...(await Promise.all(expected.reports.map(postsOf))),
      await this.documents.upload(),
      await this.documents.findings(),
      fileFindings(this.#environment),
      secretFindings(expected.printed),
      processFindings(),
      await this.#neighbour.findings(expected.fault.wholeMachine === true),
    ]
    const { hash } = await rowsUpTo(this.#rows.upTo)
    if (hash !== this.#rows.hash)
      found.push([`the first ${this.#rows.upTo} shipments are others than before`])
    if (!expected.fault.replaces && (await lasting()) !== this.#lasting)
      found.push(['the database or the proxy is another container than before'])
    return found.flat()
  }
}

/** The containers that a deploy must not replace. */
async function lasting(): Promise<string> {
  const found = await containersOf('production')
  return found.flatMap(({ service, id }) => (service === 'db' || service === 'proxy' ? [id] : [])).join()
}

/** Exactly one colour runs, the one of the map, and of the other one nothing but what stands by. */
async function containerFindings(): Promise<string[]> {
  const live = liveColour()
  if (live === undefined) return ['the map on disk names no colour']
  const found = await containersOf('production')
  const running = found.flatMap(({ name, running: runs }) => (runs ? [name] : [])).join(' ')
  const expected = `tracehub-backend-${live}-prod tracehub-db-prod tracehub-frontend-${live}-prod tracehub-proxy-prod`
  const other = live === 'blue' ? 'green' : 'blue'
  const strangers = found.filter(({ running: runs, service }) => !runs && !service.endsWith(`-${other}`))
  return [
    ...(running === expected ? [] : [`running are ${running}; expected ${expected}`]),
    ...strangers.map(({ name }) => `a container is left over: ${name}`),
  ]
}

/** What users get now, on both ports. @returns what is wrong with it. */
export async function servedBy(version?: string): Promise<string[]> {
  const asked = await Promise.all(
    [
      `${url('production')}/api/version`,
      `${url('production', 'frontend')}/`,
      `${url('production')}/health`,
    ].map(async address => {
      const answer = await answerOf(address, 10_000)
      if (!answer) return [`${address}: no answer`]
      const seen = answer.headers['x-version']
      if (answer.status !== 200) return [`${address} is answered ${answer.status}`]
      return version === undefined || seen === version
        ? []
        : [`${address} is answered by ${seen}, expected ${version}`]
    }),
  )
  return asked.flat()
}

/** The version that users are on, by both ports; undefined where they are on none or on two. */
export async function versionNow(): Promise<string | undefined> {
  const addresses = [`${url('production')}/api/version`, `${url('production', 'frontend')}/`]
  const seen = await Promise.all(
    addresses.map(async address => {
      const answer = await answerOf(address, 10_000)
      return answer?.status === 200 ? `${answer.headers['x-version'] ?? ''}` : undefined
    }),
  )
  return seen[0] && seen[0] === seen[1] ? seen[0] : undefined
}

/** Waits until users are served, at most so many ms. @returns what was wrong last. */
export async function servedWithin(ms: number): Promise<string[]> {
  for (const deadline = Date.now() + ms; ; await sleep(250)) {
    const wrong = await servedBy()
    if (wrong.length === 0 || Date.now() > deadline) return wrong
  }
}
