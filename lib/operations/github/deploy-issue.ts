import { Failure } from '../../base/failure.ts'
import { printable } from '../../base/text.ts'
import type { GitHub } from './api.ts'

/** How a workflow's deploy went, from its `needs`. */
export interface DeployReport {
  readonly environment: string
  /** Jobs and how they ended, in GitHub's words: success, failure, cancelled, skipped. */
  readonly jobs: Readonly<Record<string, string>>
  /** The words of the job that failed, where it came to speaking. */
  readonly problem: string
  /** The names of the jobs that failed, the called workflows' too, and how; empty where GitHub did not tell. */
  readonly failed: readonly string[]
  /** Nobody approved the deploy, or somebody rejected it: a decision, and no failure. */
  readonly unapproved: boolean
  /** The jobs that refused this run for what it is, as `may-deploy` told: a person's slip, and no failure either. */
  readonly refused: readonly string[]
  /** The images that were to be deployed, where it was known. */
  readonly tag: string
  readonly who: string
  /** The page of the workflow run. */
  readonly page: string
}

/**
 * Reads `toJSON(needs)`, where jobs have the outputs `problem` and `refused`, and the job `deploy` the output `tag`.
 * @throws Failure when it is not of that shape.
 */
export function readNeeds(json: string): Pick<DeployReport, 'jobs' | 'problem' | 'refused' | 'tag'> {
  const jobs: Record<string, string> = {}
  const problems: string[] = []
  const refused: string[] = []
  let tag = ''
  try {
    const needs = JSON.parse(json) as Record<
      string,
      { result: string; outputs?: { problem?: string; refused?: string; tag?: string } }
    >
    for (const [name, { result, outputs }] of Object.entries(needs)) {
      if (typeof result !== 'string') throw new TypeError(`${name} has no result`)
      jobs[name] = result
      if (outputs?.problem) problems.push(outputs.problem)
      if (outputs?.refused) refused.push(name)
      if (name === 'deploy') tag = outputs?.tag ?? ''
    }
  } catch (error) {
    throw new Failure(
      { what: 'NEEDS is not what toJSON(needs) gives', detail: error instanceof Error ? error.message : '' },
      2,
    )
  }
  return { jobs, problem: problems.join('\n'), refused, tag }
}

/** A job that came to its `timeout-minutes` ends as one of these, by GitHub's version and page; nobody wanted either. */
const isFailure = (result: string): boolean => ['failure', 'cancelled', 'timed_out'].includes(result)

/**
 * What to do about the issue: a failed deploy wants one, a good one ends it, and one that did not come to it neither.
 * The job that asks does not run when the whole workflow is cancelled: what is cancelled here has run out of time.
 */
export function verdictOn({
  jobs,
  refused,
  unapproved,
}: Pick<DeployReport, 'jobs' | 'refused' | 'unapproved'>): 'failed' | 'works' | 'undecided' {
  const failed = Object.keys(jobs).filter(name => isFailure(jobs[name] ?? ''))
  if (failed.some(name => !refused.includes(name) && !(unapproved && name === 'deploy'))) return 'failed'
  return jobs['deploy'] === 'success' ? 'works' : 'undecided'
}

/** A job as GitHub's REST API has it ("List jobs for a workflow run attempt"). */
interface ApiJob {
  readonly name: string
  readonly conclusion: string | null
  readonly steps?: readonly unknown[]
  readonly created_at?: string
  readonly completed_at?: string | null
}

/** Somebody's answer, as GitHub's REST API has it ("Get the review history for a workflow run"). */
interface Approval {
  readonly state: string
  readonly environments: readonly { readonly name: string }[]
}

/** GitHub ends a job that nobody approves after 30 days; a day less, in ms, for its clocks. */
const longWait = 29 * 86_400_000

const waited = ({ created_at, completed_at }: ApiJob): number =>
  Date.parse(completed_at ?? '') - Date.parse(created_at ?? '')

/** A job that got no machine, or may not deploy from its branch, has no step either: only an answer, or none, tells. */
async function isUnapproved(github: GitHub, id: string, environment: string, job: ApiJob): Promise<boolean> {
  if (!/(^|\/ )Deploy$/.test(job.name) || job.steps?.length !== 0) return false
  if (waited(job) >= longWait) return true
  const answers = (await github
    .request('GET', `/actions/runs/${id}/approvals`)
    .catch(() => [])) as readonly Approval[] // the API's own shape
  return answers.some(
    ({ state, environments }) =>
      state === 'rejected' && environments.some(({ name }) => name === environment),
  )
}

/**
 * What `needs` does not tell. A deploy that waits for approval is on no machine yet: rejected, or not approved within
 * GitHub's 30 days, it fails without a single step.
 */
export async function lookAtJobs(
  github: GitHub,
  {
    id,
    attempt,
    environment,
  }: { readonly id: string; readonly attempt: string; readonly environment: string },
): Promise<Pick<DeployReport, 'failed' | 'unapproved'>> {
  // Where GitHub does not tell, for whatever reason, an issue too many is better than one too few.
  const answer = (await github
    .request('GET', `/actions/runs/${id}/attempts/${attempt}/jobs?per_page=100`)
    .catch(() => undefined)) as { readonly jobs?: readonly ApiJob[] } | undefined // the API's own shape
  const failed = (answer?.jobs ?? []).filter(({ conclusion }) => isFailure(conclusion ?? ''))
  const decided = await Promise.all(failed.map(job => isUnapproved(github, id, environment, job)))
  return {
    failed: failed.map(
      ({ name, conclusion }) => `${name}${conclusion === 'failure' ? '' : ' (out of time)'}`,
    ),
    unapproved: decided.includes(true),
  }
}

const label = 'deploy-failure'
export const titleOf = (environment: string): string => `Deploying to ${environment} fails`

/** GitHub refuses a body of more than 65,536 characters. */
const longest = 20_000

export function failureText(report: DeployReport): string {
  const needed = Object.entries(report.jobs).flatMap(([job, result]) =>
    isFailure(result) ? [result === 'failure' ? job : `${job} (out of time)`] : [],
  )
  const failed = report.failed.length > 0 ? report.failed : needed
  const said = printable(report.problem).trim().replaceAll('```', "'''")
  const cut = said.length > longest ? `${said.slice(0, longest)}\n…` : said
  return [
    `Bringing ${report.tag || 'a push'} by ${report.who} to ${report.environment} failed in: ${failed.join(', ')}.`,
    ...(cut === '' ? [] : [`\`\`\`text\n${cut}\n\`\`\``]),
    `[The workflow run](${report.page}) has the whole log.`,
  ].join('\n\n')
}

const worksText = (report: DeployReport): string =>
  `[${report.tag} is live on ${report.environment}](${report.page}): deploying works again.`

interface Issue {
  readonly number: number
  readonly title: string
  readonly html_url: string
}

/** Opens the environment's issue, adds to the one that is open, or closes it. @returns what was done, in a sentence. */
export async function keepIssue(github: GitHub, report: DeployReport): Promise<string> {
  const verdict = verdictOn(report)
  if (verdict === 'undecided')
    return report.unapproved
      ? 'the deploy was not approved, which is no failure: no issue is needed'
      : report.refused.length > 0
        ? 'this run alone was refused, which is no failure: no issue is needed'
        : 'nothing was deployed, and nothing failed: no issue is needed'
  const title = titleOf(report.environment)
  const open = (await github.request('GET', `/issues?state=open&labels=${label}&per_page=100`)) as Issue[] // the API's own shape
  const issue = open.find(each => each.title === title)
  if (verdict === 'works') {
    if (!issue) return 'deploying works, and no issue says otherwise'
    await github.request('POST', `/issues/${issue.number}/comments`, { body: worksText(report) })
    await github.request('PATCH', `/issues/${issue.number}`, { state: 'closed', state_reason: 'completed' })
    return `closed ${issue.html_url}`
  }
  const body = failureText(report)
  if (issue) {
    await github.request('POST', `/issues/${issue.number}/comments`, { body })
    return `added to ${issue.html_url}`
  }
  const opened = (await github.request('POST', '/issues', { title, body, labels: [label] })) as Issue // likewise
  return `opened ${opened.html_url}`
}
