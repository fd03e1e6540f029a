import { commandOf } from '../base/command-text.ts'
import type { Problem } from '../base/failure.ts'
import type { Environment } from '../environment/environment.ts'
import { readReleases } from '../environment/releases.ts'
import type { Project } from './project.ts'

/**
 * Why a database does not start, in its own words, and the way out; undefined where they tell nothing that we know.
 * @param said the end of its log
 */
export function databaseTrouble(said: string, environment: Environment): Problem | undefined {
  const words = /initialized by PostgreSQL version (\S+?),? which is not compatible with this version (\S+)/g
  const [, data, image] = lastWords(said, words) ?? []
  if (data !== undefined) return otherMajor(environment, `PostgreSQL ${data}`, `is ${image}`)
  // Images of 18 and later keep their data elsewhere, and say at length that they have found older ones.
  if (lastWords(said, /in 18\+, these Docker images are configured to store database data/g))
    return otherMajor(environment, 'an older PostgreSQL', 'is 18 or later')
  return undefined
}

/** What a log ends with: a container that was started again has the words of earlier starts in it, which are over. */
function lastWords(said: string, words: RegExp): RegExpMatchArray | undefined {
  const last = [...said.matchAll(words)].at(-1)
  const since = last && said.slice(last.index + last[0].length)
  return since !== undefined && !/\b(?:FATAL|PANIC): |LOG: +starting PostgreSQL/.test(since)
    ? last
    : undefined
}

function otherMajor(environment: Environment, data: string, image: string): Problem {
  const { name, directory } = environment
  const wasLive = readReleases(environment).length > 0
  const settings = `images.database in environments/${name}.ts`
  return {
    what: `the database cannot start: its data is of ${data}, and its image ${image}`,
    detail: "PostgreSQL's major versions do not read each other's files; the data is untouched",
    fix: [
      wasLive
        ? `go back to an image of ${data}: ${settings}, and DB_TAG and DB_IMAGE in ${directory}/.env; then ${commandOf('repair', name)}`
        : `use an image of ${data}: ${settings}; then deploy again`,
      'to move to the newer version: with the old one make a backup (scripts/backup.ts --verify) and take it away from here,',
      'start the new one on an empty volume, and restore the backup there (scripts/rollback.ts -t database -b <file>)',
    ].join('\n'),
  }
}

/** The same of the container that is there. */
export async function troubleOfDatabase(project: Project, options: { timeout?: number } = {}) {
  const [database] = await project.containers(['db'], options)
  return database && databaseTrouble(await project.logs(database, 50, options), project.environment)
}
