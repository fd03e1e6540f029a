import type { Problem } from '../../base/failure.ts'
import type { GitHub } from './api.ts'

/** The commit that a branch is at. @throws Failure when GitHub does not tell. */
export async function headOf(github: GitHub, branch: string): Promise<string> {
  const answer = (await github.request('GET', `/git/ref/heads/${branch}`)) as {
    readonly object: { readonly sha: string }
  } // the API's own shape
  return answer.object.sha
}

/**
 * Whether a workflow's run, for what moves a branch's tag, has been overtaken. First attempts of pushes run in the order
 * of the pushes. Anything else, a run that is run again or one that was started by hand, may come after a newer commit
 * was published: it counts only while its commit is the branch's newest.
 * @param variables those that GitHub sets
 */
export async function overtakenBy(
  github: GitHub,
  variables: Readonly<Record<string, string | undefined>>,
  { branch, commit }: { readonly branch: string; readonly commit: string },
): Promise<Problem | undefined> {
  if (variables['GITHUB_EVENT_NAME'] === 'push' && variables['GITHUB_RUN_ATTEMPT'] === '1') return undefined
  const head = await headOf(github, branch)
  return head === commit ? undefined : overtaken(commit, branch, head)
}

export const overtaken = (commit: string, branch: string, head: string): Problem => ({
  what: `this run is of ${commit.slice(0, 12)}, and ${branch} is at ${head.slice(0, 12)} by now: old would replace new`,
  fix:
    'run the newest run again instead; or, to deploy the old build all the same:\n' +
    `gh workflow run, with -f tag=${branch}-${commit}`,
})
