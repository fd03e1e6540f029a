import { sleep } from '../base/wait.ts'

/** What is seen of a server that starts: whether it answers, whether it has ended, and a text that changes with its work. */
export interface Sight {
  readonly isReady: boolean
  readonly hasEnded: boolean
  readonly progress: string
}

/** ms without any sign of work, after which a server is given up: a busy machine is slow, not silent. */
export const patience = 120_000

/**
 * Looks at a server until it answers. There is no limit while it shows that it works.
 * @param pause ms between two looks
 */
export async function untilReady(
  look: () => Promise<Sight> | Sight,
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

/** For people: why a scratch server could not be used. */
export const whyNotReady = (outcome: 'ended' | 'silent'): string =>
  outcome === 'ended'
    ? 'the scratch PostgreSQL could not be started'
    : 'the scratch PostgreSQL does not answer, and has shown no sign of work for two minutes'
