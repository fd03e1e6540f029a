import type { GitHub } from './api.ts'

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
