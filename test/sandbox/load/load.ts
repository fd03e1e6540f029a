import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Conversation } from './conversation.ts'
import type { Report } from './report.ts'
import { type LoadOptions, settle } from './settings.ts'

export type { Report } from './report.ts'
export { verifyPosts } from './verify.ts'

export type Load = {
  /** What happened so far; after the end, what happened at all. */
  report(): Promise<Report>
  /** Names this instant in the record. */
  mark(label: string): Promise<void>
  /** Starts nothing new, waits for what is in flight (its timeout at most), and reports. */
  stop(): Promise<Report>
}

/**
 * Starts a load on a server of this machine, in a process of its own, so that a busy test
 * disturbs no timing. It ends by `stop`, after `maxSeconds`, or when this process ends.
 * Throws when the options are out of bounds or the process does not start.
 */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const settings = settle(options)
  const child = fork(join(import.meta.dirname, 'child.ts'), [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const conversation = new Conversation(child)
  await conversation.begun
  let final: Promise<Report> | undefined

  async function stop(): Promise<Report> {
    const report = await conversation.ask({ want: 'stop' })
    const exit = once(child, 'exit')
    child.disconnect()
    child.ref()
    await exit
    return report
  }

  return {
    report: () => final ?? conversation.ask({ want: 'report' }),
    async mark(label) {
      await conversation.ask({ want: 'mark', label, at: Date.now() })
    },
    stop() {
      final ??= stop()
      return final
    },
  }
}
