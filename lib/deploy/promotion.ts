import { commandOf } from '../base/command-text.ts'
import type { Problem } from '../base/failure.ts'
import { type Images, type Release, readReleases, sameImages, shortDigest } from '../environment/releases.ts'
import { loadEnvironment } from '../environment/settings.ts'
import type { Site } from '../proxy/site.ts'

/** Whether another environment has shown these very images to be fit, by its history. */
export function proved(
  releases: readonly Release[],
  images: Images,
): 'proved' | 'never live' | 'rolled back' {
  const last = releases.findLastIndex(release => sameImages(release, images))
  if (last === -1) return 'never live'
  return releases[last + 1]?.kind === 'rollback' ? 'rolled back' : 'proved'
}

/**
 * Where the environment wants its images proved elsewhere first: what is wrong with that, as a warning of the run or,
 * where it is demanded, as a problem.
 */
export async function provedProblems({ environment, run }: Site, images: Images): Promise<Problem[]> {
  if (environment.provedOn === undefined) return []
  const { environment: name, otherwise } = environment.provedOn
  const verdict = proved(readReleases(await loadEnvironment(name)), images)
  if (verdict === 'proved') return []
  const which = Object.values(images).map(shortDigest).join(', ')
  const problem: Problem = {
    what:
      verdict === 'never live'
        ? `these images (${which}) were never live on ${name}: ${environment.name} is their first time`
        : `${name} was rolled back from these images (${which})`,
    fix: `deploy them there first: ${commandOf('deploy', name)} --tag <their tag>`,
  }
  if (otherwise === 'demand') return [problem]
  run.warn(problem)
  return []
}
