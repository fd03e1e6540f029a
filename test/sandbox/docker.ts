import { Failure } from '../../lib/base/failure.ts'
import { attempt, run } from '../../lib/base/shell.ts'
import { lastLines } from '../../lib/base/text.ts'

/** Runs docker and returns what it printed. @throws Failure in docker's own words. */
export const docker = (...words: readonly string[]): Promise<string> => run(['docker', ...words])

/** The same, where "there is no such thing" is an answer: undefined. */
export async function dockerMaybe(...words: readonly string[]): Promise<string | undefined> {
  const ran = await attempt(['docker', ...words])
  return ran.ok ? ran.stdout.trim() : undefined
}

/** The words that docker printed, for example the ids of `docker ps --quiet`. */
export async function dockerList(...words: readonly string[]): Promise<string[]> {
  return (await docker(...words)).split(/\s+/).filter(word => word !== '')
}

/** An image's id, which is a digest of its content; undefined when it is not here. */
export const imageId = (image: string): Promise<string | undefined> =>
  dockerMaybe('image', 'inspect', '--format', '{{.Id}}', image)

/** What every image of the sandbox is built from, and what its errands run in. */
export const baseImage = 'debian:trixie-slim'

/**
 * Runs a script as root in a container that sees `directory` as /here.
 * @throws Failure that says what the script was for, and why it failed.
 */
export async function errand(purpose: string, directory: string, script: string): Promise<void> {
  const container = ['docker', 'run', '--rm', '--volume', `${directory}:/here`, baseImage]
  const ran = await attempt([...container, 'bash', '-ec', script])
  if (!ran.ok)
    throw new Failure({ what: `${purpose}: failed in ${baseImage}`, detail: lastLines(ran.stderr, 8) })
}
