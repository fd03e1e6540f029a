import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Journal } from './journal.ts'
import { Ledger } from './ledger.ts'
import { Pace, type Stream } from './pace.ts'
import type { Report } from './report.ts'
import type { Scene, Traffic } from './scene.ts'
import type { Kind, Settings } from './settings.ts'
import { fresh } from './traffic/fresh.ts'
import { keepalive } from './traffic/keepalive.ts'
import { post } from './traffic/post.ts'
import { upload } from './traffic/upload.ts'
import { poll, slow } from './traffic/waiting.ts'
import { websocket } from './traffic/websocket.ts'

const TRAFFIC: Record<Kind, (scene: Scene) => Traffic> = {
  keepalive,
  new: fresh,
  post,
  slow,
  upload,
  websocket,
  poll,
}

/** How the scheduled kinds share what the loops leave of the rate. */
const SHARES: Partial<Record<Kind, number>> = { keepalive: 6, new: 2, post: 2 }

/** Makes the traffic and keeps the record. It begins at once. */
export class Generator {
  readonly #settings: Settings
  readonly #journal: Journal
  readonly #ledger: Ledger
  readonly #stop = new AbortController()
  readonly #pace: Pace
  readonly #loops: Promise<unknown>
  readonly #limit: NodeJS.Timeout
  readonly #cpuBefore = process.cpuUsage()
  #state: Report['state'] = 'running'
  #ended: Promise<void> | undefined
  #stoppedAt: number | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#journal = new Journal(settings.kinds)
    this.#ledger = new Ledger(settings.run)
    // Every pause of every loop listens to it: a few dozen, and not a leak.
    setMaxListeners(0, this.#stop.signal)
    const [journal, ledger, stop] = [this.#journal, this.#ledger, this.#stop.signal]
    const traffic = settings.kinds.map(kind => ({
      kind,
      ...TRAFFIC[kind]({ settings, journal, ledger, stop }),
    }))
    const loops = traffic.reduce((sum, { loopsPerSecond = 0 }) => sum + loopsPerSecond, 0)
    this.#pace = new Pace(shared(traffic, Math.max(1, settings.rate - loops)))
    this.#loops = Promise.all(traffic.flatMap(({ loops = [] }) => loops.map(loop => loop())))
    this.#limit = setTimeout(() => this.#end('out of time'), settings.maxSeconds * 1000)
  }

  mark(label: string, at = Date.now()): void {
    this.#journal.marks.push({ label, at })
  }

  /** Starts nothing new, and resolves when all that was started has ended: at most a timeout later. */
  async stop(): Promise<Report> {
    await this.#end('stopped')
    return this.report()
  }

  report(): Report {
    const { run, rate } = this.#settings
    const now = Date.now()
    const { startedAt, marks, closures } = this.#journal
    const seconds = ((this.#stoppedAt ?? now) - startedAt) / 1000
    const totals = this.#journal.totals()
    const { user, system } = process.cpuUsage(this.#cpuBefore)
    return {
      run,
      state: this.#state,
      startedAt,
      seconds,
      rate: { wanted: rate, reached: totals.sent / seconds },
      behind: this.#pace.behind(),
      cpu: (user + system) / 1000 / (now - startedAt),
      totals,
      ...this.#journal.report(now),
      posts: this.#ledger.report(),
      websocket: { ...closures, codes: { ...closures.codes } },
      marks: [...marks],
    }
  }

  #end(state: 'stopped' | 'out of time'): Promise<void> {
    this.#ended ??= this.#drain(state)
    return this.#ended
  }

  async #drain(state: 'stopped' | 'out of time'): Promise<void> {
    this.#state = state
    this.#stoppedAt = Date.now()
    clearTimeout(this.#limit)
    this.#pace.stop()
    this.#stop.abort()
    this.#journal.closeGaps(this.#stoppedAt)
    await this.#loops
    // Each request ends by itself, by its timeout at the latest.
    while (this.#journal.totals().inFlight > 0 || this.#ledger.inFlight > 0) await sleep(10)
  }
}

function shared(traffic: readonly (Traffic & { kind: Kind })[], rate: number): Stream[] {
  const scheduled = traffic.flatMap(({ kind, start }) => (start ? [{ share: SHARES[kind] ?? 1, start }] : []))
  const whole = scheduled.reduce((sum, { share }) => sum + share, 0)
  return scheduled.map(({ share, start }) => ({ perSecond: (rate * share) / whole, start }))
}
