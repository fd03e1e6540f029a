import { join } from 'node:path'
import { commandOf } from '../../base/command-text.ts'
import { type Problem, Problems, problemOf } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { build } from '../../docker/build.ts'
import { resolve } from '../../docker/images.ts'
import { withRegistry } from '../../docker/registry.ts'
import { parts } from '../../environment/environment.ts'
import {
  type Images,
  type Release,
  readReleases,
  sameImages,
  shortDigest,
} from '../../environment/releases.ts'
import { readSecrets } from '../../environment/secrets.ts'
import { loadEnvironment } from '../../environment/settings.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import type { Wanted } from '../options.ts'
import { weaknesses } from '../secrets/check.ts'
import { databaseProblems } from './database.ts'
import {
  diskProblems,
  engineProblems,
  loopbackRegistryWarning,
  memoryProblems,
  portProblems,
} from './machine.ts'

/**
 * Looks at everything that could make a deploy fail before anything is changed.
 * @returns what is to be brought live.
 * @throws Problems with all that is wrong, not with the first of it.
 */
export async function preflight(site: Site, wanted: Wanted, step: Step): Promise<Images> {
  const { environment } = site
  const { secrets, problems: secretProblems } = readSecrets(environment)
  // A live version may run with it for years: that is no reason to keep a correction from its users.
  for (const weak of weaknesses(environment, secrets)) site.run.warn(weak)
  const engine = await engineProblems()
  if (engine.length === 0 && !wanted.build) {
    const warning = await loopbackRegistryWarning(environment.images.backend)
    if (warning) site.run.warn(warning)
  }
  step.progress('images, disk, memory, ports, database')
  const [images, ...found] = await Promise.all([
    wantedImages(site, wanted, step).catch(problemsOf),
    diskProblems(site, engine.length === 0),
    memoryProblems(environment),
    engine.length === 0 ? portProblems(site) : [],
    engine.length === 0 ? databaseProblems(site, secrets, step) : [],
  ])
  const refused = Array.isArray(images) ? images : await provedProblems(site, images)
  const imageProblems = Array.isArray(images) && engine.length > 0 ? [] : refused
  const problems = [...engine, ...secretProblems, ...imageProblems, ...found.flat()]
  if (problems.length > 0 || Array.isArray(images))
    throw new Problems(
      `${environment.name} cannot be deployed to: ${count(problems.length, 'problem')}`,
      problems,
    )
  return images
}

const problemsOf = (error: unknown): Problem[] =>
  error instanceof Problems ? [...error.problems] : [problemOf(error)]

async function wantedImages(site: Site, wanted: Wanted, step: Step): Promise<Images> {
  const { environment, run } = site
  if (wanted.build)
    return build(environment, join(import.meta.dirname, '..', '..', '..'), {
      signal: run.signal,
      progress: step.progress,
    })
  return withRegistry(environment, async access => {
    const asked = await Promise.allSettled(
      parts.map(part => resolve(access, environment.images[part], wanted.digests?.[part] ?? wanted.tag)),
    )
    const refused = asked.flatMap(answer => (answer.status === 'rejected' ? [problemOf(answer.reason)] : []))
    if (refused.length > 0) throw new Problems('the images are not to be had', refused)
    const [backend, frontend] = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (!backend || !frontend) throw new TypeError('there are two parts')
    return { backend, frontend }
  })
}

/** Whether another environment has shown these very images to be fit, by its history. */
export function verified(
  releases: readonly Release[],
  images: Images,
): 'verified' | 'never live' | 'rolled back' {
  const last = releases.findLastIndex(release => sameImages(release, images))
  if (last === -1) return 'never live'
  return releases[last + 1]?.kind === 'rollback' ? 'rolled back' : 'verified'
}

/**
 * Where the environment wants its images verified elsewhere first: what is wrong with that, as a warning of the run or,
 * where it is demanded, as a problem.
 */
export async function provedProblems({ environment, run }: Site, images: Images): Promise<Problem[]> {
  if (environment.provedOn === undefined) return []
  const { environment: name, otherwise } = environment.provedOn
  const verdict = verified(readReleases(await loadEnvironment(name)), images)
  if (verdict === 'verified') return []
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
