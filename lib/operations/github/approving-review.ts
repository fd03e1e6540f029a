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
  readonly author_association: string
}

const page = 100
/** Who belongs to the repository (GitHub's GraphQL reference, CommentAuthorAssociation). */
const ours = ['OWNER', 'MEMBER', 'COLLABORATOR']

/**
 * Consent that every plan of GitHub has: the pull request whose merge is this commit was approved, as it was merged,
 * by somebody of the repository who is not its author, and nobody's last word on it asks for changes.
 * @returns `pull request 12, approved by ada`; undefined when there is none.
 */
export async function approvalOf(
  github: GitHub,
  commit: string,
  branch: string,
): Promise<string | undefined> {
  const pulls = (await github.request('GET', `/commits/${commit}/pulls?per_page=${page}`)) as Pull[] // the API's shape
  const merged = pulls.filter(
    pull => pull.merged_at !== null && pull.base.ref === branch && pull.merge_commit_sha === commit,
  )
  for (const pull of merged) {
    const who = approver(pull, await reviewsOf(github, pull.number))
    if (who !== undefined) return `pull request ${pull.number}, approved by ${who}`
  }
  return undefined
}

async function reviewsOf(github: GitHub, pull: number): Promise<Review[]> {
  const all: Review[] = []
  for (let number = 1; ; number += 1) {
    const path = `/pulls/${pull}/reviews?per_page=${page}&page=${number}`
    const some = (await github.request('GET', path)) as Review[] // the API's shape, oldest first
    all.push(...some)
    if (some.length < page) return all
  }
}

function approver(pull: Pull, reviews: readonly Review[]): string | undefined {
  const lastWords = new Map<string, Review>()
  for (const review of reviews)
    if (review.user && review.state !== 'COMMENTED' && review.state !== 'PENDING')
      lastWords.set(review.user.login, review)
  const standing = [...lastWords.entries()].filter(([, review]) => ours.includes(review.author_association))
  if (standing.some(([, { state }]) => state === 'CHANGES_REQUESTED')) return undefined
  return standing.find(
    ([login, { state, commit_id }]) =>
      state === 'APPROVED' && commit_id === pull.head.sha && login !== pull.user?.login,
  )?.[0]
}
