import { problemOf } from '../../base/failure.ts'
import { sleep } from '../../base/wait.ts'

/** All in ms. */
export interface Patience {
  /** For one answer. */
  readonly answer: number
  /** Before each further attempt. */
  readonly pauses: readonly number[]
}
export const patience: Patience = { answer: 5000, pauses: [500, 2000] }

/**
 * Posts JSON to an address, again where that may help: no answer, a server's error, or "too many".
 * @returns why it was not taken, or undefined when it was. Never throws.
 */
export async function deliver(
  url: string,
  json: string,
  signal: AbortSignal,
  { answer, pauses }: Patience = patience,
): Promise<string | undefined> {
  let why: string | undefined
  for (const pause of [0, ...pauses]) {
    try {
      await sleep(pause, signal)
      const response = await post(url, json, signal, answer)
      if (response.ok) return undefined
      why = `it answers ${response.status}`
      if (response.status < 500 && response.status !== 429) return why
    } catch (error) {
      if (signal.aborted) return why ?? 'there was no more time'
      why = reasonOf(error, answer)
    }
  }
  return why
}

/** One attempt, which has `answer` ms. */
async function post(url: string, json: string, signal: AbortSignal, answer: number): Promise<Response> {
  // A signal of AbortSignal.any may be collected as garbage, and then never comes (seen on Node.js 20.20).
  const giveUp = new AbortController()
  const stop = (): void => giveUp.abort(signal.reason)
  const timer = setTimeout(() => giveUp.abort(new DOMException('', 'TimeoutError')), answer)
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: json,
      redirect: 'error', // the address is a secret: nobody is to be told it by being redirected to
      signal: giveUp.signal,
    })
    await response.body?.cancel()
    return response
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** fetch says only that it failed, and keeps the reason as its cause. */
function reasonOf(error: unknown, answer: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${answer} ms`
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code ?? problemOf(cause ?? error).what
}
