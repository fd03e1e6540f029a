import { count } from '../../base/text.ts'
import { type Colour, otherColour } from '../../environment/environment.ts'
import { shortDigest } from '../../environment/releases.ts'
import { chooseCertificates, type Served, writeCertificates } from '../../proxy/edge-certificates.ts'
import type { Result } from '../../run/events.ts'
import { type Change, edgeImage, prepare, pullEdge, rehearse, validate } from './candidate.ts'
import {
  type EdgeState,
  edgeFiles,
  hasFiles,
  isWritten,
  makeEdgeDirectories,
  readState,
  writeState,
} from './directory.ts'
import { edgePreflight } from './preflight.ts'
import { renewCertificates } from './renew.ts'
import type { EdgeSite } from './site.ts'
import { smokeTestEdge } from './smoke.ts'

/**
 * Brings the edge up to date, and costs no request: certificates go into the running process; anything else starts
 * a new process beside it, which is tried where nobody can reach it, takes the sockets over, and lets the old one end.
 */
export async function updateEdge(site: EdgeSite, wanted: { force: boolean }): Promise<Result> {
  const { edge, domains, slots, run } = site
  const live = await run.step('Preflight', () => edgePreflight(site))
  makeEdgeDirectories(edge)
  const served = await run.step('Collect certificates', async step => {
    const chosen = chooseCertificates(edge, domains)
    writeCertificates(edge, chosen.served)
    step.note(
      `for ${chosen.served.filter(one => one.certificate).length} of ${count(domains.length, 'domain')}`,
    )
    for (const problem of chosen.problems) run.warn(problem)
    return chosen.served
  })
  const before = readState(edge)
  const image = await run.step('Resolve the image', () => edgeImage(edge, before))
  if (live && before && !wanted.force && isCurrent(site, live, before, image)) {
    await run.step('Renew certificates', async step => {
      const renewed = await renewCertificates(slots, live, served)
      if (renewed.length === 0) step.skip('it has them')
      else step.note(renewed.join(', '))
    })
    await smokeTest(site, live, served)
    await slots.finish(otherColour(live)) // should a killed run have left it at work
    return resultOf(site, live, image, served)
  }
  const next = live ? otherColour(live) : 'blue'
  await run.step('Pull the image', step => pullEdge(edge, image, run, step))
  await run.step(`Free the slot ${next}`, step => slots.vacate(next, step, run.signal))
  await prepare(site, { before, next, live, image })
  await run.step('Check the configuration', () => validate(slots, next))
  await rehearse(site, next, served)
  await takeOver(site, { before, next, live, image, served })
  return resultOf(site, next, image, served)
}

/** Whether the process that serves is what the settings describe. */
function isCurrent({ edge, domains }: EdgeSite, live: Colour, state: EdgeState, image: string): boolean {
  return (
    state.live === live &&
    state.tag === edge.image &&
    state.images[live] === image &&
    hasFiles(edge, live, edgeFiles(edge, domains)) &&
    isWritten(edge, state)
  )
}

async function takeOver(site: EdgeSite, change: Change & { served: readonly Served[] }): Promise<void> {
  const { edge, slots, run } = site
  const { before, live, next, image, served } = change
  run.undo(`Remove ${next}`, () => slots.remove(next))
  await run.step(live ? `Start ${next}, which takes the sockets over from ${live}` : `Start ${next}`, () =>
    slots.start(next),
  )
  await smokeTest(site, next, served)
  await run.step(live ? `Let ${live} finish its requests` : 'Make it the one that serves', async step => {
    const images = before?.images ?? { blue: 'none', green: 'none' }
    writeState(edge, { live: next, tag: edge.image, images: { ...images, [next]: image } })
    run.keep()
    if (live) await slots.finish(live)
    step.note(`new connections go to ${next}`)
  })
}

async function smokeTest({ edge, run }: EdgeSite, slot: Colour, served: readonly Served[]): Promise<void> {
  const away = await run.step(`Smoke tests on ${slot}`, () => smokeTestEdge(edge, slot, served))
  for (const domain of away)
    run.warn({
      what: `${domain} is down: users see the page that says so`,
      fix: 'the edge itself is well; look at the environment: docker compose ps in its directory',
    })
}

function resultOf({ edge }: EdgeSite, live: Colour, image: string, served: readonly Served[]): Result {
  return [
    ['edge', `${live}, ${edge.image}, ${shortDigest(image)}`],
    ...served.map(({ domain, certificate }) => {
      const until = certificate && new Date(certificate.expires).toISOString().slice(0, 10)
      return [domain, until ? `certificate until ${until}` : 'no certificate: https is refused'] as const
    }),
  ]
}

/** What an update of the edge would do. Changes nothing. */
export async function planEdge(site: EdgeSite): Promise<Result> {
  const { edge, domains, run } = site
  const live = await run.step('Preflight', () => edgePreflight(site))
  const { served, problems } = chooseCertificates(edge, domains)
  for (const problem of problems) run.warn(problem)
  const state = readState(edge)
  const image = await run.step('Resolve the image', () => edgeImage(edge, state))
  const stays = live !== undefined && state !== undefined && isCurrent(site, live, state, image)
  return [
    ['live now', live ? `${live}, ${state?.tag}` : 'nothing'],
    [
      'to be done',
      stays ? 'new certificates go into the running process, if there are any' : 'a new process takes over',
    ],
    ...served.map(({ domain, certificate }) => [domain, certificate?.file ?? 'no certificate'] as const),
  ]
}
