import { type Problem, problemOf } from '../../base/failure.ts'
import { registerSecret } from '../../base/redact.ts'
import { sleep } from '../../base/wait.ts'
import type { Journal, RunEvent } from '../events.ts'
import { messagesOf, slackJson } from './message.ts'

/** How long a run that is over waits for its messages to be taken (ms). */
const lastWait = 10_000

export const webhookVariable = 'NOTIFY_WEBHOOK_URL'

/**
 * Tells people what a run does, by webhooks: those of the environment's file and those of our own environment, so
 * that a run from CI and one by hand are both told of. It never holds a run up and never makes one fail.
 */
export class Announcer {
  readonly #messages = messagesOf()
  readonly #problems: Problem[]
  readonly #giveUp = new AbortController()
  readonly #patience: Patience | undefined
  readonly #queues: { readonly url: URL; last: Promise<void> }[]

  /** @param told texts with addresses in them, as {@link addresses} reads them */
  constructor(told: readonly (string | undefined)[], patience?: Patience) {
    const { urls, problems } = addresses(told)
    this.#queues = urls.map(url => ({ url, last: Promise.resolve() }))
    this.#patience = patience
    this.#problems = problems
  }

  /** How many addresses people are told by. */
  get reach(): number {
    return this.#queues.length
  }

  /** Sends what an event means to people, to each address in the order of the events. */
  readonly listener = (event: RunEvent): void => {
    const message = this.#messages(event)
    if (!message) return
    const json = slackJson(message)
    for (const queue of this.#queues) queue.last = queue.last.then(() => this.#send(queue.url, json))
  }

  /** Waits for what is under way, for `wait` ms at most, and says what was not delivered. */
  async finish(log: Journal, wait: number = lastWait): Promise<void> {
    const timer = setTimeout(() => this.#giveUp.abort(), wait)
    await Promise.all(this.#queues.map(({ last }) => last))
    clearTimeout(timer)
    const problems = new Map(this.#problems.map(problem => [problem.what, problem]))
    for (const problem of problems.values()) log.write({ type: 'warning', problem })
  }

  async #send(url: URL, json: string): Promise<void> {
    const why = await deliver(url.href, json, this.#giveUp.signal, this.#patience)
    if (why === undefined) return
    this.#problems.push({
      what: `people were not told by ${url.host}: ${why}`,
      fix: `check ${webhookVariable}; the run itself is not affected`,
    })
  }
}

/** Addresses from text in which commas or white space stand between them. They are secrets: whoever has one may post. */
export function addresses(texts: readonly (string | undefined)[]): { urls: URL[]; problems: Problem[] } {
  const words = new Set(texts.flatMap(text => (text ?? '').split(/[\s,]+/)).filter(word => word !== ''))
  const urls: URL[] = []
  const problems: Problem[] = []
  for (const word of words) {
    registerSecret(word)
    const url = URL.canParse(word) ? new URL(word) : undefined
    if (url?.protocol === 'https:' || url?.protocol === 'http:') urls.push(url)
    else
      problems.push({
        what: `${webhookVariable} has a word in it (${word.length} characters) that is no address`,
        fix: 'expected https://…, several of them separated by commas or spaces',
      })
  }
  return { urls, problems }
}

/** All in ms. */
export interface Patience {
  /** For one answer. */
  readonly answer: number
  /** Before each further attempt. */
  readonly pauses: readonly number[]
}
const patience: Patience = { answer: 5000, pauses: [500, 2000] }

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
