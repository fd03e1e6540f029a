import { buildRepository, projectLabel } from './cleanup/images.ts'
import { type Environment, type Part, parts } from './environment.ts'
import { type Images, type PinnedImage, pinned } from './releases.ts'
import { attempt, run } from './shell.ts'

interface BuildOptions {
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** Builds the parts from source on this machine. The image's own id is its tag, so it is as pinned as a digest. */
export async function build(
  environment: Environment,
  toolkit: string,
  options: BuildOptions,
): Promise<Images> {
  const made: Partial<Record<Part, PinnedImage>> = {}
  for (const part of parts)
    made[part] = await buildPart(environment, part, `${toolkit}/${environment.sources[part]}`, options)
  return made as Images // the loop made every part
}

async function buildPart(
  { images, project }: Environment,
  part: Part,
  source: string,
  { signal, progress }: BuildOptions,
): Promise<PinnedImage> {
  const passing = `${buildRepository}:${process.pid}`
  await run(['docker', 'build', '--tag', passing, '--label', `${projectLabel}=${project}`, source], {
    signal,
    timeout: 30 * 60_000,
    onLine: line => progress(line.slice(0, 60)),
  })
  const id = await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', passing])
  const image = pinned(`${images[part]}:build-${id.replace('sha256:', '').slice(0, 32)}`)
  await run(['docker', 'tag', id, image])
  await attempt(['docker', 'rmi', passing]) // a second name, no more: the image keeps its own
  return image
}
