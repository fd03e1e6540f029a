import { together } from '../base/all-settled.ts'
import { Failure, UsageError } from '../base/failure.ts'
import { attempt, run } from '../base/shell.ts'
import { lastLines, shown } from '../base/text.ts'
import type { Environment, Part } from '../environment/environment.ts'
import { type Images, type PinnedImage, pinned, shortDigest } from '../environment/releases.ts'
import type { Run } from '../run/run.ts'
import type { Step } from '../run/step.ts'
import { question } from './answers.ts'
import { type RegistryAccess, registryOf, withRegistry } from './registry.ts'

interface Manifest {
  Descriptor: { digest: string; platform?: { os: string; architecture: string } }
}

/** A digest as registries and builds print it. */
const isDigest = (word: string): boolean => /^sha256:[0-9a-f]{64}$/.test(word)

/**
 * Asks the registry what a tag means now, or which image of an index (a digest that a build printed) is for this
 * machine. From here on the digest is what counts.
 * @throws Failure when the registry is down, refuses, or does not know it.
 */
export async function resolve(access: RegistryAccess, image: string, tagOrDigest: string) {
  const reference = `${image}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`
  const registry = registryOf(image)
  const insecure = /^(127\.|localhost)/.test(registry) ? ['--insecure'] : [] // Docker's own rule for loopback
  const inspect = ['docker', ...access, 'manifest', 'inspect', '--verbose', ...insecure, reference]
  const asked = await attempt(inspect, { timeout: 60_000 })
  if (!asked.ok) throw unresolved(reference, registry, lastLines(asked.stderr, 3))
  const answer = JSON.parse(asked.stdout) as Manifest | Manifest[]
  const manifest = Array.isArray(answer) ? await ofThisMachine(answer) : answer
  if (!manifest) throw new Failure({ what: `${reference} has no image for this machine's architecture` })
  return pinned(`${image}@${manifest.Descriptor.digest}`)
}

/** The registry answers, and has no such image. */
export class UnknownImage extends Failure {
  override readonly name = 'UnknownImage'
}

function unresolved(reference: string, registry: string, said: string): Failure {
  if (/no such manifest|manifest unknown|not found/i.test(said))
    return new UnknownImage({
      what: `${reference} is not in the registry`,
      fix: 'wait for the build that makes it, or choose another --tag',
    })
  if (/denied|unauthorized|authentication/i.test(said))
    return new Failure({
      what: `the registry ${registry} does not let us read ${reference}`,
      detail: said,
      fix: 'set GHCR_TOKEN to a token that may read packages',
    })
  return new Failure({
    what: `the registry ${registry} does not answer for ${reference}`,
    detail: said,
    fix: 'try again when it does, or build from source on this machine: --build',
  })
}

async function ofThisMachine(manifests: readonly Manifest[]): Promise<Manifest | undefined> {
  const here = await run(['docker', 'version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  const platformOf = ({ Descriptor: { platform } }: Manifest) => `${platform?.os}/${platform?.architecture}`
  return manifests.find(manifest => platformOf(manifest) === here)
}

/** Pulls an image by digest, unless it is here already. */
export async function pull(
  access: RegistryAccess,
  image: PinnedImage,
  options: { timeout: number; signal: AbortSignal; progress: (text: string) => void },
): Promise<void> {
  if (await isHere(image)) return
  let [layers, done] = [0, 0]
  const onLine = (line: string): void => {
    if (/: Pulling fs layer/.test(line)) layers += 1
    if (/: Pull complete/.test(line)) done += 1
    options.progress(`${done} of ${layers} layers`)
  }
  await run(['docker', ...access, 'pull', image], {
    timeout: options.timeout,
    signal: options.signal,
    onLine,
  })
}

export const isHere = async (image: PinnedImage): Promise<boolean> =>
  (await attempt(['docker', 'image', 'inspect', '--format', '{{.Id}}', image], question)).ok

/** What a pull is for. */
type Puller = { readonly environment: Environment; readonly run: Run }

/** Pulls what of these is not here, all at once, logged in only where something has to come. @returns whether it had. */
export async function pullMissing({ environment, run }: Puller, images: readonly PinnedImage[], step: Step) {
  const here = await Promise.all(images.map(isHere))
  const missing = images.filter((_, i) => !here[i])
  if (missing.length === 0) return false
  const options = { timeout: environment.timeouts.pull, signal: run.signal, progress: step.progress }
  await withRegistry(environment, access =>
    together(missing.map(image => () => pull(access, image, options))),
  )
  return true
}

export async function pullRelease(site: Puller, images: Images, step: Step): Promise<void> {
  const hadToCome = await pullMissing(site, Object.values(images), step)
  step.note(`${hadToCome ? 'pulled' : 'already here:'} ${Object.values(images).map(shortDigest).join(', ')}`)
}

/** @throws UsageError when it is no tag as the registry's specification has it: a word of at most 128 characters. */
export function parseTag(tag: string): string {
  if (/^\w[\w.-]{0,127}$/.test(tag)) return tag
  throw new UsageError(
    `--tag is ${shown(tag)}; expected letters, digits and _ . - (at most 128, no leading . or -), such as main-3f1c9a0`,
  )
}

/**
 * The images of one build by their digests, which no later push can change; undefined where none are given.
 * @throws UsageError when one is given without the other, or is no digest.
 */
export function parseDigests(backend: string | undefined, frontend: string | undefined) {
  if (backend === undefined && frontend === undefined) return undefined
  return { backend: parseDigest('backend', backend), frontend: parseDigest('frontend', frontend) }
}

function parseDigest(part: Part, digest: string | undefined): string {
  if (digest !== undefined && isDigest(digest)) return digest
  const given = digest === undefined ? 'not given, but the other one is' : shown(digest)
  throw new UsageError(
    `--${part}-digest is ${given}; expected sha256: and 64 hexadecimal digits, as the build prints it`,
  )
}
