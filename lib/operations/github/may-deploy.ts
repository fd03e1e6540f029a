import { commandOf } from '../../base/command-text.ts'
import { type Problem, Problems } from '../../base/failure.ts'
import { shown } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import type { GitHub } from './api.ts'
import { approvalOf, protectionOf } from './consent.ts'
import { headOf, newerPush, overtaken } from './newest-commit.ts'

/** What a workflow's run is, by the variables that GitHub sets, and what it is asked to deploy. */
export interface WorkflowRun {
  readonly event: string
  /** What it was started on, in full: a git tag may be called as the branch. */
  readonly ref: string
  readonly commit: string
  /** The commit of the toolkit and the settings that run here: by hand, not the run's. */
  readonly checkedOut: string
  readonly attempt: number
  /** Of the workflow's runs: each is one more than the one before. */
  readonly number: number
  /** The workflow's file, without its directory. */
  readonly workflow: string
  /** What a person named; empty for a push, and for the newest build. */
  readonly tag: string
}

/** This run is refused for what it is, and not for how things are set up: another run may deploy. */
export class RefusedRun extends Problems {}

type Asked = Pick<Environment, 'name' | 'branch' | 'confirm'>

/**
 * Whether a workflow's run may deploy: what it names has passed the gates, it does not replace new by old, and where
 * the environment asks a person (`confirm`), GitHub does so too.
 * @returns why it may, in a sentence.
 * @throws RefusedRun when only the run itself is in the way; Problems with everything that is.
 */
export async function demandMayDeploy(github: GitHub, environment: Asked, run: WorkflowRun): Promise<string> {
  const { name, branch, confirm } = environment
  const ofRun: Problem[] = []
  const problems: Problem[] = []
  const isPush = run.event === 'push'
  const named = isPush ? run.commit : commitIn(run.tag, branch)
  if (run.tag !== '' && run.tag !== branch && named === undefined) ofRun.push(untested(run.tag, branch))
  if (run.attempt > 1 && named !== undefined) {
    const head = await headOf(github, branch)
    if (named !== head) ofRun.push(overtaken(named, branch, head))
  }
  if (isPush && run.attempt === 1) {
    const newer = await newerPush(github, branch, run)
    if (newer !== undefined) ofRun.push(late(newer, branch, run.commit))
  }
  if ((isPush || confirm) && run.ref !== `refs/heads/${branch}`) ofRun.push(elsewhere(run.ref, environment))
  let consent = `${name} asks nobody`
  if (confirm) {
    const { asksSomebody, problems: weak } = await protectionOf(github, environment)
    problems.push(...weak)
    if (asksSomebody) consent = `GitHub's environment ${name} has required reviewers`
    else {
      const approval = named === undefined ? undefined : await approvalOf(github, named, branch)
      if (approval) consent = approval
      else problems.push(nobodyAsked(environment, named))
      // What was approved must not be deployed by what nobody approved.
      if (run.checkedOut !== named && !(await approvalOf(github, run.checkedOut, branch)))
        problems.push(otherToolkit(environment, run.checkedOut))
    }
  }
  const title = `this run may not deploy to ${name}`
  if (problems.length > 0) throw new Problems(title, [...ofRun, ...problems])
  if (ofRun.length > 0) throw new RefusedRun(title, ofRun)
  return `${isPush ? run.commit.slice(0, 12) : run.tag || branch} may go to ${name}: ${consent}`
}

/** The commit of `<branch>-<commit>`: only what has passed tests and scan is given such a tag. */
const commitIn = (tag: string, branch: string): string | undefined =>
  tag.startsWith(`${branch}-`) ? /^[0-9a-f]{40}$/.exec(tag.slice(branch.length + 1))?.[0] : undefined

const untested = (tag: string, branch: string): Problem => ({
  what: `the tag is ${shown(tag)}; expected ${branch}, or ${branch}- and a commit's 40 digits`,
  detail: 'these tags are given to what has passed the tests and the scan, and to nothing else',
  fix: `to deploy another image, from a laptop: ${commandOf('deploy')} --tag ${shown(tag)}`,
})

const late = (newer: number, branch: string, commit: string): Problem => ({
  what: `run ${newer} of this workflow, of a newer push, has deployed already: old would replace new`,
  fix: `to deploy the old build all the same: gh workflow run, with -f tag=${branch}-${commit}`,
})

const elsewhere = (at: string, { name, branch }: Asked): Problem => ({
  what: `the run was started on ${shown(at.replace(/^refs\/heads\//, ''))}; ${name} is deployed from ${branch} alone`,
  fix: `start it on ${branch}: gh workflow run deploy-${name}.yml --ref ${branch}`,
})

const nobodyAsked = ({ name, branch }: Asked, commit: string | undefined): Problem => ({
  what:
    `GitHub's environment ${name} does not exist or has no required reviewers, and ` +
    (commit === undefined
      ? `the newest build of ${branch} names no commit whose review could be looked up`
      : `${commit.slice(0, 12)} is not the merge of an approved pull request into ${branch}`),
  detail: 'nobody would be asked before it is deployed',
  fix:
    `Settings → Environments → ${name}: required reviewers; deployment branches: ${branch}\n` +
    'where the plan has no reviewers: merge a pull request that somebody else has approved, and by hand name its\n' +
    `commit: gh workflow run deploy-${name}.yml -f tag=${branch}-<commit>`,
})

const otherToolkit = ({ branch }: Asked, commit: string): Problem => ({
  what:
    `the toolkit and the settings that would deploy it are of ${commit.slice(0, 12)}, ` +
    `which is not the merge of an approved pull request into ${branch}`,
  fix: `merge a pull request into ${branch} that somebody else has approved, then start this once more`,
})
