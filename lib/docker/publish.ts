import { Failure } from '../base/failure.ts'
import { run } from '../base/shell.ts'
import type { Environment, Part } from '../environment/environment.ts'
import { type PinnedImage, pinned } from '../environment/releases.ts'
import { buildCommand } from './build.ts'
import { pull, resolve, UnknownImage } from './images.ts'
import type { RegistryAccess } from './registry.ts'

export interface Publishing extends Pushing {
  /** The repository's directory: what is published is its commit HEAD. */
  readonly checkout: string
  /** Names of this build, such as `develop` and `develop-3f1c9a0…`; none where it is still to be tested. */
  readonly tags: readonly string[]
  /** Build also what is known: when the base image has been fixed. */
  readonly rebuild: boolean
  readonly labels: Readonly<Record<string, string>>
}

interface Pushing {
  readonly access: RegistryAccess
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/**
 * Brings the image of a part into the registry under the given tags. Sources that were built before are not built
 * again: so what staging has verified is what production gets, by the digest, and not another build of the same.
 * @returns how: `built` now, or `known`, where the registry had an image of the very same sources, which has the tags now.
 * @throws Failure when the sources are not as committed, do not build, or the registry takes or keeps them wrongly.
 */
export async function publish({ sources, images }: Environment, part: Part, options: Publishing) {
  const { access, signal } = options
  const [source, name] = [sources[part], images[part]]
  const sourcesTag = `sources-${await committedTree(options.checkout, source)}`
  const known = options.rebuild ? undefined : await find(access, name, sourcesTag)
  const local = known ?? `tracehub-publish-${part}:${process.pid}`
  if (known) await pull(access, known, { signal, timeout: 10 * 60_000, progress: options.say })
  else
    await run(buildCommand(local, source, options.labels), {
      ...{ cwd: options.checkout, signal },
      ...{ timeout: 30 * 60_000, onLine: options.say },
    })
  // The sources' own tag comes last: whoever finds it may rely on the others.
  const digests = new Set<string>()
  for (const tag of [...options.tags, sourcesTag]) digests.add(await push(local, `${name}:${tag}`, options))
  const pushed = [...digests].map(digest => pinned(`${name}@${digest}`))
  const [image] = pushed
  if (!image || pushed.length > 1 || (known && image !== known))
    throw new Failure({
      what: `one image has several digests in the registry: ${[...(known ? [known] : []), ...pushed].join(', ')}`,
      fix: 'build it anew: --rebuild',
    })
  return { image, how: known ? ('known' as const) : ('built' as const) }
}

/**
 * Gives an image that is in the registry more names, in their order: its digest stays.
 * @throws Failure when the registry does not have it, or takes it as another one.
 */
export async function tagPublished(image: PinnedImage, tags: readonly string[], options: Pushing) {
  const [name, digest] = image.split('@')
  const { access, signal, say } = options
  await pull(access, image, { signal, timeout: 10 * 60_000, progress: say })
  for (const tag of tags) {
    const pushed = await push(image, `${name}:${tag}`, options)
    if (pushed !== digest)
      throw new Failure({ what: `the registry keeps ${name}:${tag} as ${pushed}; expected ${digest}` })
  }
}

/** The git tree of a directory as committed: the same for the same content, whichever commit or branch. */
async function committedTree(checkout: string, source: string): Promise<string> {
  const changed = await run(['git', 'status', '--porcelain', '--', source], { cwd: checkout })
  if (changed !== '')
    throw new Failure({
      what: `${source} is not as committed, so nobody could say what was built`,
      detail: changed,
      fix: 'commit it, or put it back: git status',
    })
  return run(['git', 'rev-parse', '--verify', '--quiet', `HEAD:${source}`], { cwd: checkout })
}

/** @returns undefined where the registry answers, and has no such image. */
export async function find(access: RegistryAccess, name: string, tag: string) {
  try {
    return await resolve(access, name, tag)
  } catch (error) {
    if (error instanceof UnknownImage) return undefined
    throw error
  }
}

/** @returns the digest that the registry gave it. */
async function push(local: string, reference: string, { access, signal }: Pushing): Promise<string> {
  await run(['docker', 'tag', local, reference])
  const said = await run(['docker', ...access, 'push', reference], { signal, timeout: 15 * 60_000 })
  const digest = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(said)?.[1]
  if (digest === undefined)
    throw new Failure({ what: `docker push ${reference} did not say which digest it has`, detail: said })
  return digest
}
