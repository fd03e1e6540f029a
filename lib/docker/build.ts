import { redact } from '../base/redact.ts'
import { attempt, run } from '../base/shell.ts'
import { type Environment, type Part, parts } from '../environment/environment.ts'
import { type Images, type PinnedImage, pinned } from '../environment/releases.ts'

/** An image that is built here has another name until it is whole: `tracehub-build:<process>`. */
export const buildRepository = 'tracehub-build'
/** Bears the name of the project that an image was built for. */
export const projectLabel = 'tracehub.project'

/** Builds the parts from source on this machine. The image's own id is its tag, so it is as pinned as a digest. */
export async function build(
  { images, project, sources }: Environment,
  toolkit: string,
  { signal, progress }: { signal: AbortSignal; progress: (text: string) => void },
): Promise<Images> {
  const passing = `${buildRepository}:${process.pid}`
  const onLine = (line: string): void => progress(redact(line).slice(0, 60))
  const made: Partial<Record<Part, PinnedImage>> = {}
  for (const part of parts) {
    const command = buildCommand(passing, `${toolkit}/${sources[part]}`, { [projectLabel]: project })
    await run(command, { signal, timeout: 30 * 60_000, onLine })
    const id = await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', passing])
    const image = pinned(`${images[part]}:build-${id.replace('sha256:', '').slice(0, 32)}`)
    await run(['docker', 'tag', id, image])
    await attempt(['docker', 'rmi', passing]) // a second name, no more: the image keeps its own
    made[part] = image
  }
  return made as Images // the loop made every part
}

/**
 * One image and no attestations beside it, which name the time: in containerd's store they are a part of the image,
 * and the same sources would be another one each time. (An option for it is unknown to the builder before BuildKit.)
 */
export const buildCommand = (
  image: string,
  source: string,
  labels: Readonly<Record<string, string>>,
): string[] => [
  ...['env', 'BUILDX_NO_DEFAULT_ATTESTATIONS=1', 'docker', 'build', '--pull=false', '--tag', image],
  ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
  source,
]
