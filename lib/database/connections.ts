import { commandOf } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import type { Ran } from '../base/shell.ts'
import { sleep } from '../base/wait.ts'

/** What PostgreSQL answers when every connection is taken (SQLSTATE 53300). */
export const noneLeft =
  /too many clients already|remaining connection slots are reserved|too many connections for/

export const leavesCrowd = (environment: string): string =>
  `a version that holds every connection is left by: ${commandOf('rollback', environment)} -t deployment`

/**
 * Asks again, for about a second, where no connection is left: whoever is refused one has held it for a moment, so
 * that a version which asks all the time takes now and then even those that PostgreSQL keeps for us.
 */
export async function untilLetIn(ask: () => Promise<Ran>, isRefused = refusedAny): Promise<Ran> {
  for (let tries = 1; ; tries += 1) {
    const ran = await ask()
    if (tries === 4 || !isRefused(ran)) return ran
    await sleep(100 * tries)
  }
}

const refusedAny = ({ ok, stderr }: Ran): boolean => !ok && noneLeft.test(stderr)

/** A version that logs in as a superuser can take all connections: ours are refused then, too. */
export const isCrowded = (error: unknown): boolean =>
  error instanceof Failure && noneLeft.test(`${error.what}\n${error.detail ?? ''}`)
