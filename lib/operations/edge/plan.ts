import { chooseCertificates } from '../../proxy/edge-certificates.ts'
import type { Result } from '../../run/result.ts'
import { readState } from './directory.ts'
import { edgeImage } from './image.ts'
import { edgePreflight } from './preflight.ts'
import type { EdgeSite } from './site.ts'
import { isCurrent } from './update.ts'

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
