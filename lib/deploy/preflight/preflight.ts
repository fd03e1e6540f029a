import { join } from 'node:path'
import { type Problem, Problems, problemOf } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { build } from '../../docker/build.ts'
import { resolve } from '../../docker/images.ts'
import { withRegistry } from '../../docker/registry.ts'
import { parts } from '../../environment/environment.ts'
import type { Images } from '../../environment/releases.ts'
import { readSecrets } from '../../environment/secrets.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import type { Wanted } from '../options.ts'
import { provedProblems } from '../promotion.ts'
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
