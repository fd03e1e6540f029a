import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { directoryOf, url } from '../../harness.ts'
import { containersOf } from '../container.ts'

const files = ['.env', '.env.staging', '.env.backend', '.env.db', 'releases.jsonl', 'proxy/live.map']
/** Milliseconds. */
const every = 200
const patience = 15_000

/** Staging, which nothing that happens to production may touch: its containers, its files, its users. */
export class Neighbour {
  #before = ''
  #timer: NodeJS.Timeout | undefined
  readonly #failures: string[] = []
  #asked = 0

  async watch(): Promise<void> {
    this.#before = await this.#state()
    this.#failures.length = 0
    this.#timer = setInterval(() => this.#ask(), every)
  }

  /** @param restarted its containers may have been, and its users may have noticed */
  async findings(restarted: boolean): Promise<string[]> {
    clearInterval(this.#timer)
    const now = await this.#state()
    if (restarted)
      return (await containersOf('staging')).some(({ running }) => running) ? [] : ['staging is down']
    return [
      ...(now === this.#before ? [] : [`staging was touched: ${this.#before} became ${now}`]),
      ...this.#failures.slice(0, 3).map(failure => `staging, of ${this.#asked} requests: ${failure}`),
    ]
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #state(): Promise<string> {
    const containers = await containersOf('staging')
    const texts = files.map(name => readFileSync(join(directoryOf('staging'), name), 'utf8').length)
    return JSON.stringify([
      containers.map(({ name, id, startedAt, pid }) => [name, id.slice(0, 12), startedAt, pid]),
      texts,
    ])
  }

  #ask(): void {
    this.#asked += 1
    const fail = (why: string): void => void this.#failures.push(why)
    const request = get(`${url('staging')}/api/version`, { agent: false, timeout: patience }, response => {
      response.resume()
      if (response.statusCode !== 200) fail(`answered ${response.statusCode}`)
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', error => fail(error.message))
  }
}
