import type { JobDone } from './runner.ts'

/** What GitHub knows when it starts a workflow. */
export interface Happening {
  /** The directory in which the repository is checked out. */
  readonly checkout: string
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch'
  readonly branch: string
  readonly base?: string
  readonly sha: string
  readonly token: string
  readonly api: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** Configuration variables, of the repository and of the environment. */
  readonly vars?: Readonly<Record<string, string>>
  /** The file of the workflow that was started. */
  readonly workflow?: string
  /** 1, unless it is run again. */
  readonly attempt?: number
  /** The machine's own variables, beside a runner's. */
  readonly machine: Readonly<Record<string, string>>
  /** Jobs that are tested elsewhere: here they count as passed. */
  readonly passed?: readonly string[]
  /** How those steps begin that this machine cannot run; whoever takes one out says why. */
  readonly takenOut?: readonly string[]
  readonly cancelWhen?: (said: string) => boolean
  /** It is called by another workflow. */
  readonly called?: boolean
  /** Is told how each job of a called workflow ended. */
  readonly done?: (id: string, job: JobDone) => void
}

/** What expressions see of it. */
export const contextsOf = (happening: Happening): Record<string, unknown> => ({
  github: {
    event_name: happening.event,
    event: happening.event === 'pull_request' ? { pull_request: { number: 7 } } : {},
    ref_name: happening.branch,
    ref_type: 'branch',
    sha: happening.sha,
    actor: 'ada',
    run_id: '4711',
    repository: 'vibotaj/tracehub',
    server_url: 'https://github.example',
    token: happening.token,
  },
  secrets: happening.secrets,
  vars: happening.vars ?? {},
  inputs: {},
})

/** What a runner sets (GitHub Docs, "Variables reference"). */
export const variablesOf = (happening: Happening): Record<string, string> => ({
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTOR: 'ada',
  GITHUB_API_URL: happening.api,
  GITHUB_BASE_REF: happening.base ?? '',
  GITHUB_EVENT_NAME: happening.event,
  GITHUB_REF: `refs/heads/${happening.branch}`,
  GITHUB_REF_NAME: happening.branch,
  GITHUB_REPOSITORY: 'vibotaj/tracehub',
  GITHUB_RUN_ATTEMPT: `${happening.attempt ?? 1}`,
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_NUMBER: '12',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_SHA: happening.sha,
  GITHUB_WORKFLOW_REF: `vibotaj/tracehub/.github/workflows/${happening.workflow ?? 'any.yml'}@refs/heads/${happening.branch}`,
  GITHUB_WORKSPACE: happening.checkout,
  RUNNER_ENVIRONMENT: 'github-hosted',
  RUNNER_OS: 'Linux',
  RUNNER_TEMP: '/tmp',
})
