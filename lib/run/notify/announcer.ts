import type { Problem } from '../../base/failure.ts'
import { registerSecret } from '../../base/redact.ts'
import type { Journal, RunEvent } from '../events.ts'
import { deliver, type Patience } from './deliver.ts'
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
  readonly #queues: { readonly url: URL; readonly patience: Patience | undefined; last: Promise<void> }[]

  /** @param told texts with addresses in them, as {@link addresses} reads them */
  constructor(told: readonly (string | undefined)[], patience?: Patience) {
    const { urls, problems } = addresses(told)
    this.#queues = urls.map(url => ({ url, patience, last: Promise.resolve() }))
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
    for (const queue of this.#queues) queue.last = queue.last.then(() => this.#send(queue, json))
  }

  /** Waits for what is under way, for `wait` ms at most, and says what was not delivered. */
  async finish(log: Journal, wait: number = lastWait): Promise<void> {
    const timer = setTimeout(() => this.#giveUp.abort(), wait)
    await Promise.all(this.#queues.map(({ last }) => last))
    clearTimeout(timer)
    const problems = new Map(this.#problems.map(problem => [problem.what, problem]))
    for (const problem of problems.values()) log.write({ type: 'warning', problem })
  }

  async #send({ url, patience }: { url: URL; patience: Patience | undefined }, json: string): Promise<void> {
    const why = await deliver(url.href, json, this.#giveUp.signal, patience)
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
