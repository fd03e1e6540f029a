import type { ChildProcess } from 'node:child_process'
import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import { sleep } from '../base/wait.ts'

/** What is seen of a server that starts: whether it answers, and a text that changes with its work. */
interface Sight {
  readonly isReady: boolean
  readonly progress: string
}

/** ms without any sign of work, after which a server is given up: a busy machine is slow, not silent. */
export const patience = 120_000

/**
 * Looks at a server until it answers. There is no limit while it shows that it works.
 * @param pause ms between two looks
 */
export async function untilReady(
  look: () => Promise<Sight & { hasEnded: boolean }>,
  pause: number,
  { now = Date.now, wait = sleep }: { now?: () => number; wait?: (ms: number) => Promise<unknown> } = {},
): Promise<'ready' | 'ended' | 'silent'> {
  let seen: string | undefined
  let since = now()
  for (;;) {
    const { isReady, hasEnded, progress } = await look()
    if (isReady) return 'ready'
    if (hasEnded) return 'ended'
    if (progress !== seen) {
      seen = progress
      since = now()
    }
    if (now() - since > patience) return 'silent'
    await wait(pause)
  }
}

/**
 * Waits until a server answers that lives as long as our end of its child's standard input is open.
 * @param look is called every `pause` ms
 * @param otherwise what to do where it does not
 * @throws Failure when it ends, or shows no sign of work for a while, with the end of what it printed.
 */
export async function demandReady(
  child: ChildProcess,
  look: () => Promise<Sight>,
  pause: number,
  otherwise: string,
): Promise<void> {
  let failed: Error | undefined
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
    })
  child.once('error', error => {
    failed = error
  })
  child.stdin?.on('error', () => {}) // it died: what it said is told below
  const outcome = await untilReady(async () => {
    const { isReady, progress } = await look()
    const hasEnded = failed !== undefined || child.exitCode !== null || child.signalCode !== null
    return { isReady, hasEnded, progress: said + progress }
  }, pause)
  if (outcome === 'ready') return
  throw new Failure({
    what:
      outcome === 'ended'
        ? 'the scratch PostgreSQL could not be started'
        : 'the scratch PostgreSQL does not answer, and has shown no sign of work for two minutes',
    detail: failed?.message ?? lastLines(said, 6),
    fix: otherwise,
  })
}
