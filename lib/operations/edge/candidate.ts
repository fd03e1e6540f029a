import { Failure } from '../../base/failure.ts'
import { commandFailed } from '../../base/shell.ts'
import { isHere, pull, resolve } from '../../docker/images.ts'
import { loggedIn, loginDirectory, type RegistryAccess, registryOf } from '../../docker/registry.ts'
import { restoreFiles } from '../../environment/directory.ts'
import type { Colour, Edge } from '../../environment/environment.ts'
import { pinned } from '../../environment/releases.ts'
import type { Served } from '../../proxy/edge-certificates.ts'
import type { Run } from '../../run/run.ts'
import { setAside } from '../../run/set-aside.ts'
import type { Step } from '../../run/step.ts'
import { type EdgeState, edgeFiles, ownFiles, shipComposeFile, writeFiles, writeState } from './directory.ts'
import type { EdgeSite } from './site.ts'
import type { Slots } from './slots.ts'
import { smokeTestEdge } from './smoke.ts'

/** What an update is to change: who serves, in which slot its successor starts, and with which image. */
export interface Change {
  readonly before: EdgeState | undefined
  readonly live: Colour | undefined
  readonly next: Colour
  readonly image: string
}

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

/** Writes the next slot's files. Those of the slot that serves stay as they are. */
export async function prepare(
  { edge, domains, run }: EdgeSite,
  { before, next, live, image }: Change,
): Promise<void> {
  if (!before) setAside(run, edge, ownFiles)
  const composeFile = shipComposeFile(edge)
  run.undo('Put the changed files back', async () => {
    if (composeFile) restoreFiles(edge, [composeFile])
    if (before) writeState(edge, before)
  })
  const images = before?.images ?? { blue: 'none', green: 'none' }
  writeFiles(edge, next, edgeFiles(edge, domains))
  writeState(edge, { live: live ?? null, tag: before?.tag ?? '', images: { ...images, [next]: image } })
}

export async function validate(slots: Slots, next: Colour): Promise<void> {
  const checked = await slots.validate(next)
  if (checked.ok) return
  const { detail } = commandFailed(['haproxy', '-c'], checked)
  const alerts = detail?.split('\n').filter(line => !/\[(NOTICE|WARNING)\]/.test(line))
  throw new Failure({
    what: 'HAProxy does not accept the new configuration',
    detail: alerts?.join('\n'),
    fix: 'fix environments/shared.ts or environments/edge, and try again',
  })
}

export async function rehearse(
  { edge, slots, run }: EdgeSite,
  next: Colour,
  served: readonly Served[],
): Promise<void> {
  await run.step('Try it where nobody can reach it', async step => {
    try {
      await slots.rehearse(next)
      const away = await smokeTestEdge(edge, 'rehearsal', served)
      step.note(away.length === 0 ? 'all domains answer' : `down behind it: ${away.join(', ')}`)
    } finally {
      await slots.endRehearsal()
    }
  })
}
