import { Failure } from './failure.ts'
import type { GitHub } from './github-api.ts'
import { printable } from './text.ts'

/** How a workflow's deploy went, from its `needs`. */
export interface DeployReport {
  readonly environment: string
  /** Jobs and how they ended, in GitHub's words: success, failure, cancelled, skipped. */
  readonly jobs: Readonly<Record<string, string>>
  /** The deploy's own words, where it came to speaking. */
  readonly problem: string
  /** The images that were to be deployed, where it was known. */
  readonly tag: string
  readonly who: string
  /** The page of the workflow run. */
  readonly page: string
}

/**
 * Reads `toJSON(needs)`, where the job `deploy` has the outputs `tag` and `problem`.
 * @throws Failure when it is not of that shape.
 */
export function readNeeds(json: string): Pick<DeployReport, 'jobs' | 'problem' | 'tag'> {
  const jobs: Record<string, string> = {}
  let deployed: { problem?: string; tag?: string } = {}
  try {
    const needs = JSON.parse(json) as Record<string, { result: string; outputs?: typeof deployed }>
    for (const [name, { result, outputs }] of Object.entries(needs)) {
      if (typeof result !== 'string') throw new TypeError(`${name} has no result`)
      jobs[name] = result
      if (name === 'deploy') deployed = outputs ?? {}
    }
  } catch (error) {
    throw new Failure(
      { what: 'NEEDS is not what toJSON(needs) gives', detail: error instanceof Error ? error.message : '' },
      2,
    )
  }
  return { jobs, problem: deployed.problem ?? '', tag: deployed.tag ?? '' }
}

/** What to do about the issue: a failed deploy wants one, a good one ends it, and one that did not come to it neither. */
export function verdictOn({ jobs }: Pick<DeployReport, 'jobs'>): 'failed' | 'works' | 'undecided' {
  if (Object.values(jobs).includes('failure')) return 'failed'
  return jobs['deploy'] === 'success' ? 'works' : 'undecided'
}

const label = 'deploy-failure'
export const titleOf = (environment: string): string => `Deploying to ${environment} fails`

/** GitHub refuses a body of more than 65,536 characters. */
const longest = 20_000

export function failureText(report: DeployReport): string {
  const failed = Object.entries(report.jobs).flatMap(([job, result]) => (result === 'failure' ? [job] : []))
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
  if (verdict === 'undecided') return 'nothing was deployed, and nothing failed: no issue is needed'
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
