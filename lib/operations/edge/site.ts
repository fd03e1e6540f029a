import { composeHere } from '../../docker/compose.ts'
import type { Domain, Edge } from '../../environment/environment.ts'
import { loadEnvironment } from '../../environment/settings.ts'
import type { Running } from '../../run/execute.ts'
import { Slots } from './slots.ts'

/** What a run of the edge works on. */
export interface EdgeSite extends Running {
  readonly edge: Edge
  readonly domains: readonly Domain[]
  readonly slots: Slots
}

export async function edgeSite(edge: Edge, running: Running): Promise<EdgeSite> {
  return { ...running, edge, domains: await domainsOf(edge), slots: new Slots(edge, await composeHere()) }
}

/** The domains of the environments that the edge serves. @throws UsageError for one that has no settings. */
export function domainsOf(edge: Edge): Promise<Domain[]> {
  return Promise.all(
    edge.environments.map(async name => {
      const { domain, ports } = await loadEnvironment(name)
      return { environment: name, domain, ports: { backend: ports.backend, frontend: ports.frontend } }
    }),
  )
}
