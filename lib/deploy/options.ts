import { UsageError } from '../base/failure.ts'
import { commonOptions, type Options, type Parsed } from '../base/options.ts'
import { parseDigests, parseTag } from '../docker/images.ts'
import type { Environment } from '../environment/environment.ts'
import { loadTarget } from '../environment/settings.ts'
import { variableOf } from '../remote/destination.ts'
import { asksSomebody } from '../run/confirm.ts'

/** What a deploy can be told. */
export const deployOptions = {
  ...commonOptions,
  tag: { type: 'value', value: '<tag>', describe: "which images (default: the environment's branch)" },
  'backend-digest': {
    type: 'value',
    value: '<sha256:…>',
    describe: 'this very image, whatever the tag means now',
  },
  'frontend-digest': { type: 'value', value: '<sha256:…>', describe: 'likewise; both or neither' },
  build: { type: 'flag', describe: 'build from source on this machine: when the registry is down' },
  'skip-backup': { type: 'flag', describe: 'do not back the database up first' },
  'skip-migrations': { type: 'flag', describe: 'leave the schema as it is' },
  'accept-migrations': { type: 'flag', describe: 'go on although the pending migrations would hurt' },
  rehearse: { type: 'flag', describe: 'first try the pending migrations on a restored backup' },
  'dry-run': { type: 'flag', describe: 'show what would be done, and do nothing' },
  'restart-services': {
    type: 'flag',
    describe: 'also restart the database and the proxy where their settings changed',
  },
  force: { type: 'flag', describe: 'deploy also what is live already' },
  'accept-found': { type: 'flag', describe: 'a first deploy: go on beside what others have left here' },
} as const satisfies Options

export type Wanted = Readonly<ReturnType<typeof deployWanted>>

/** What a deploy is to do. @throws UsageError for what is malformed or does not go together. */
export function deployWanted(given: Parsed<typeof deployOptions>, environment: Environment) {
  const digests = parseDigests(given['backend-digest'], given['frontend-digest'])
  if (digests && given.build) throw new UsageError('--build makes its own images: it takes no digests')
  return {
    tag: given.tag === undefined ? environment.branch : parseTag(given.tag),
    /** The images of one build, whatever the tag has come to mean since. */
    digests,
    build: given.build,
    backup: !given['skip-backup'],
    migrations: !given['skip-migrations'],
    /** Go on although the pending migrations would hurt. */
    acceptMigrations: given['accept-migrations'],
    /** Try the pending migrations on the newest backup first. */
    rehearse: given.rehearse || environment.rehearse,
    restartServices: given['restart-services'],
    force: given.force,
    ask: asksSomebody(environment, given.yes),
  }
}

/**
 * What a deploy is for, by its name.
 * @throws UsageError on GitHub's own machine: without the variable it would run there, and find nothing of a VPS.
 */
export async function deployTarget(named: string | undefined) {
  const target = await loadTarget(named)
  const { GITHUB_ACTIONS, RUNNER_ENVIRONMENT } = process.env
  if (GITHUB_ACTIONS !== 'true' || RUNNER_ENVIRONMENT !== 'github-hosted') return target
  const variable = variableOf(target.name, 'HOST')
  throw new UsageError(
    `${variable} is not set: this machine is GitHub's, and no VPS`,
    `gh variable set ${variable} --env ${target.name} --body <the VPS's host name>`,
  )
}
