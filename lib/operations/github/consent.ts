import type { Problem } from '../../base/failure.ts'
import type { Environment } from '../../environment/environment.ts'
import { type GitHub, orUndefined } from './api.ts'

/** What GitHub says of an environment (GitHub Docs, REST API, "Deployment environments"). */
interface Protection {
  readonly protection_rules?: readonly { readonly type: string; readonly reviewers?: readonly unknown[] }[]
  readonly deployment_branch_policy?: { readonly custom_branch_policies?: boolean } | null
}

type Named = Pick<Environment, 'name' | 'branch'>

/**
 * What of an environment's protection rules is missing. A job that names an environment which does not exist makes it,
 * without rules: so approval would fail open, and this asks before.
 * @returns whether a person has to approve a job, and what is wrong with the branches of an environment that is there.
 * @throws Failure when GitHub does not answer, or the token may not ask: `actions: read`.
 */
export async function protectionOf(
  github: GitHub,
  { name, branch }: Named,
): Promise<{ readonly asksSomebody: boolean; readonly problems: readonly Problem[] }> {
  const path = `/environments/${encodeURIComponent(name)}`
  const found = (await orUndefined(github.get(path))) as Protection | undefined // the API's own shape
  const asksSomebody = (found?.protection_rules ?? []).some(
    ({ type, reviewers }) => type === 'required_reviewers' && (reviewers?.length ?? 0) > 0,
  )
  if (!found) return { asksSomebody, problems: [] }
  const allowed = found.deployment_branch_policy?.custom_branch_policies
    ? await branchesOf(github, path)
    : undefined
  if (allowed?.length === 1 && allowed[0] === branch) return { asksSomebody, problems: [] }
  return { asksSomebody, problems: [otherBranches({ name, branch }, allowed)] }
}

/** Names and patterns; those of tags say so. */
async function branchesOf(github: GitHub, path: string): Promise<string[]> {
  const answer = (await github.get(`${path}/deployment-branch-policies?per_page=100`)) as {
    readonly branch_policies?: readonly { readonly name: string; readonly type?: string }[]
  } // the API's own shape
  return (answer.branch_policies ?? []).map(({ name, type }) => (type === 'tag' ? `the tag ${name}` : name))
}

const otherBranches = ({ name, branch }: Named, allowed: readonly string[] | undefined): Problem => ({
  what:
    `GitHub's environment ${name} is open to ${allowed ? allowed.join(', ') || 'no branch at all' : 'more branches than one'}; ` +
    `expected ${branch} alone`,
  detail: "a workflow that somebody changed on another branch would ask for approval with this one's secrets",
  fix: `Settings → Environments → ${name} → Deployment branches and tags: Selected branches and tags, ${branch}`,
})

interface Pull {
  readonly number: number
  readonly merged_at: string | null
  readonly merge_commit_sha: string | null
  readonly base: { readonly ref: string }
  readonly head: { readonly sha: string }
  readonly user: { readonly login: string } | null
}
interface Review {
  readonly user: { readonly login: string } | null
  readonly state: string
  readonly commit_id: string | null
}

const page = 100
/**
 * Consent that every plan of GitHub has: the pull request whose merge is this commit was approved, as it was merged,
 * by somebody who may write to the repository and is not its author, and nobody's last word on it asks for changes,
 * whoever that is: somebody with no business here is dismissed on the pull request's page.
 * @returns `pull request 12, approved by ada`; undefined when there is none.
 */
export async function approvalOf(
  github: GitHub,
  commit: string,
  branch: string,
): Promise<string | undefined> {
  const pulls = (await github.get(`/commits/${commit}/pulls?per_page=${page}`)) as Pull[] // the API's shape
  const merged = pulls.filter(
    pull => pull.merged_at !== null && pull.base.ref === branch && pull.merge_commit_sha === commit,
  )
  for (const pull of merged) {
    const who = await approver(github, pull, await reviewsOf(github, pull.number))
    if (who !== undefined) return `pull request ${pull.number}, approved by ${who}`
  }
  return undefined
}

async function reviewsOf(github: GitHub, pull: number): Promise<Review[]> {
  const all: Review[] = []
  for (let number = 1; ; number += 1) {
    const path = `/pulls/${pull}/reviews?per_page=${page}&page=${number}`
    const some = (await github.get(path)) as Review[] // the API's shape, oldest first
    all.push(...some)
    if (some.length < page) return all
  }
}

async function approver(github: GitHub, pull: Pull, reviews: readonly Review[]): Promise<string | undefined> {
  const lastWords = new Map<string, Review>()
  for (const [index, review] of reviews.entries())
    if (review.state !== 'COMMENTED' && review.state !== 'PENDING')
      // Of people whose accounts are gone nobody can tell who is who: each word is somebody's last.
      lastWords.set(review.user?.login ?? `/${index}`, review)
  const standing = [...lastWords.values()]
  if (standing.some(({ state }) => state === 'CHANGES_REQUESTED')) return undefined
  for (const { user, state, commit_id } of standing)
    if (user && state === 'APPROVED' && commit_id === pull.head.sha && user.login !== pull.user?.login)
      if (await mayWrite(github, user.login)) return user.login
  return undefined
}

/** Where GitHub does not tell, nobody may: an approval too few is better than one too many. */
async function mayWrite(github: GitHub, login: string): Promise<boolean> {
  const path = `/collaborators/${encodeURIComponent(login)}/permission`
  const answer = (await github.get(path).catch(() => undefined)) as
    | { readonly permission?: string } // the API's own shape; `maintain` is `write` in it
    | undefined
  return answer?.permission === 'write' || answer?.permission === 'admin'
}
