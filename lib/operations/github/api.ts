import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, UsageError } from '../../base/failure.ts'
import { registerSecret } from '../../base/redact.ts'
import { duration, lastLines } from '../../base/text.ts'

/** GitHub's REST API, for the repository that a workflow runs in. */
export interface GitHub {
  /**
   * What GitHub says is its own trouble (5xx) or haste of ours (429) is asked again, where asking changes nothing (GET).
   * @throws Failure with what GitHub said, when it answers with an error or not within 30 s.
   */
  request(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<unknown>
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
    request: (method, path, body) => {
      const ask = (): Promise<unknown> => request(`${api}/repos/${repository}${path}`, token, method, body)
      return method === 'GET' ? askAgain(ask, pauses) : ask()
    },
  }
}

async function askAgain(ask: () => Promise<unknown>, pauses: readonly number[]): Promise<unknown> {
  for (const pause of pauses)
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Refused && (error.status >= 500 || error.status === 429))) throw error
      await sleep(pause)
    }
  return ask()
}

/** ms. The timer keeps the process alive: one of AbortSignal.timeout would let it end without a word. */
const patience = 30_000

async function request(url: string, token: string, method: string, body?: object): Promise<unknown> {
  const asked = `${method} ${url}`
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(new Error(`not within ${duration(patience)}`)), patience)
  const answer = await fetch(url, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'tracehub-deploy',
      'x-github-api-version': '2022-11-28',
    },
    signal: giveUp.signal,
    ...(body && { body: JSON.stringify(body) }),
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
