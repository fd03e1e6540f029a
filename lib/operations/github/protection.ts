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
