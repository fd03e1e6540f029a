import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, UsageError } from '../../base/failure.ts'
import { registerSecret } from '../../base/redact.ts'
import { duration, lastLines } from '../../base/text.ts'

/** GitHub's REST API, for the repository that a workflow runs in. */
export interface GitHub {
  /**
   * Asks, and again where GitHub says that it is its own trouble (5xx) or haste of ours (429).
   * @throws Failure with what GitHub said, when it answers with an error or not within 30 s.
   */
  get(path: string): Promise<unknown>
}

/** GitHub answered with an error. */
class Refused extends Failure {
  override readonly name = 'Refused'
  readonly status: number

  constructor(asked: string, status: number, said: string) {
    const fix =
      status === 403 ? "the job's token may not: see `permissions` of the job in the workflow" : undefined
    super({ what: `${asked}: ${status}`, detail: lastLines(said.slice(0, 2000), 5), fix })
    this.status = status
  }
}

/** An answer; undefined where GitHub has no such thing (404). */
export const orUndefined = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  })

/**
 * As a workflow's variables tell: the API's address, the repository and the token.
 * @param pauses before a question is asked again (ms), as often as there are pauses
 * @throws UsageError naming the variables that are missing.
 */
export function githubOf(
  variables: Readonly<Record<string, string | undefined>>,
  pauses: readonly number[] = [1000, 4000],
): GitHub {
  const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = variables
  if (!api || !repository || !token)
    throw new UsageError(
      'GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN must be set',
      'this runs in a workflow; give its step github.token as GITHUB_TOKEN',
    )
  registerSecret(token)
  return {
    get: async path => {
      const url = `${api}/repos/${repository}${path}`
      for (const pause of pauses)
        try {
          return await get(url, token)
        } catch (error) {
          if (!(error instanceof Refused && (error.status >= 500 || error.status === 429))) throw error
          await sleep(pause)
        }
      return get(url, token)
    },
  }
}

/** ms. The timer keeps the process alive: one of AbortSignal.timeout would let it end without a word. */
const patience = 30_000

async function get(url: string, token: string): Promise<unknown> {
  const asked = `GET ${url}`
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(new Error(`not within ${duration(patience)}`)), patience)
  const answer = await fetch(url, {
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'tracehub-deploy',
      'x-github-api-version': '2022-11-28',
    },
    signal: giveUp.signal,
  })
    .then(async response => ({ ok: response.ok, status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      throw new Failure({
        what: `${asked}: no answer`,
        detail: cause instanceof Error ? cause.message : String(cause),
      })
    })
    .finally(() => clearTimeout(timer))
  if (answer.ok) return JSON.parse(answer.text) as unknown
  throw new Refused(asked, answer.status, answer.text)
}
