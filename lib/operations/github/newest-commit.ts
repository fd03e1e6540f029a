import type { Problem } from '../../base/failure.ts'
import type { GitHub } from './api.ts'

/** The commit that a branch is at. @throws Failure when GitHub does not tell. */
export async function headOf(github: GitHub, branch: string): Promise<string> {
  const answer = (await github.get(`/git/ref/heads/${branch}`)) as {
    readonly object: { readonly sha: string }
  } // the API's own shape
  return answer.object.sha
}

/**
 * The number of a later run of the same workflow, for a push to the same branch, that has ended well. Runs that wait for
 * their turn are not promised to get it in the order of the pushes (GitHub Docs, "Control workflow concurrency").
 * @throws Failure when GitHub does not tell: `actions: read`.
 */
export async function newerPush(
  github: GitHub,
  branch: string,
  run: { readonly workflow: string; readonly number: number },
): Promise<number | undefined> {
  const wanted = `event=push&branch=${encodeURIComponent(branch)}&status=success&per_page=100`
  const path = `/actions/workflows/${encodeURIComponent(run.workflow)}/runs?${wanted}`
  const answer = (await github.get(path)) as {
    readonly workflow_runs?: readonly { readonly run_number: number }[]
  } // the API's own shape
  const numbers = (answer.workflow_runs ?? []).map(({ run_number }) => run_number)
  return numbers.find(number => number > run.number)
}

/**
 * Whether a workflow's run, for what moves a branch's tag, has been overtaken. It counts while its commit is the
 * branch's newest. The first attempt of a push counts also while that newest has not been published: else a branch that
 * moves faster than its builds would have no tag at all. Pushes are not promised to run in their order.
 * @param variables those that GitHub sets
 * @param isPublished whether the registry has both parts of a commit under its own tag
 */
export async function overtakenBy(
  github: GitHub,
  variables: Readonly<Record<string, string | undefined>>,
  { branch, commit }: { readonly branch: string; readonly commit: string },
  isPublished: (commit: string) => Promise<boolean>,
): Promise<Problem | undefined> {
  const head = await headOf(github, branch)
  if (head === commit) return undefined
  const first = variables['GITHUB_EVENT_NAME'] === 'push' && variables['GITHUB_RUN_ATTEMPT'] === '1'
  return first && !(await isPublished(head)) ? undefined : overtaken(commit, branch, head)
}

export const overtaken = (commit: string, branch: string, head: string): Problem => ({
  what: `this run is of ${commit.slice(0, 12)}, and ${branch} is at ${head.slice(0, 12)} by now: old would replace new`,
  fix:
    'run the newest run again instead; or, to deploy the old build all the same:\n' +
    `gh workflow run, with -f tag=${branch}-${commit}`,
})
