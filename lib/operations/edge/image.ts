import { isHere, pull, resolve } from '../../docker/images.ts'
import { loggedIn, loginDirectory, type RegistryAccess, registryOf } from '../../docker/registry.ts'
import type { Edge } from '../../environment/environment.ts'
import { pinned } from '../../environment/releases.ts'
import type { Run } from '../../run/run.ts'
import type { Step } from '../../run/step.ts'
import type { EdgeState } from './directory.ts'

/** The digest that the settings' tag was resolved to when it was last changed; a new tag is looked up now. */
export async function edgeImage(edge: Edge, state: EdgeState | undefined): Promise<string> {
  const known = state?.live && state.tag === edge.image ? state.images[state.live] : undefined
  if (known !== undefined && known !== 'none') return known
  const colon = edge.image.lastIndexOf(':')
  return withEdgeRegistry(edge, access =>
    resolve(access, edge.image.slice(0, colon), edge.image.slice(colon + 1)),
  )
}

export async function pullEdge(edge: Edge, image: string, run: Run, step: Step): Promise<void> {
  if (await isHere(pinned(image))) return step.skip('it is here already')
  await withEdgeRegistry(edge, access =>
    pull(access, pinned(image), {
      timeout: edge.timeouts.pull,
      signal: run.signal,
      progress: text => step.progress(text),
    }),
  )
}

/** The application's token is no business of Docker Hub's, where HAProxy's image is to be had by everybody. */
function withEdgeRegistry<T>(edge: Edge, act: (access: RegistryAccess) => Promise<T>): Promise<T> {
  const registry = registryOf(edge.image)
  return registry === 'docker.io' ? act([]) : loggedIn(loginDirectory(edge), registry, act)
}
