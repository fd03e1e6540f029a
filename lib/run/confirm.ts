import { createInterface } from 'node:readline/promises'
import { Failure, UsageError } from '../base/failure.ts'
import type { Environment } from '../environment/environment.ts'

type Terminal = Readonly<Record<'stdin' | 'stdout', { readonly isTTY?: boolean }>>
type Asked = Pick<Environment, 'name' | 'confirm'>

const isThere = ({ stdin, stdout }: Terminal): boolean => stdin.isTTY === true && stdout.isTTY === true

/** Whether somebody is to be asked before a run; without a terminal it goes on unasked. */
export const asksSomebody = (environment: Asked, yes: boolean, terminal: Terminal = process): boolean =>
  environment.confirm && !yes && isThere(terminal)

/**
 * The same for what replaces or removes something of the environment's.
 * @throws UsageError where the environment wants somebody asked, nobody can be, and --yes does not stand for an answer.
 */
export function asksOrHasYes(environment: Asked, yes: boolean, terminal: Terminal = process): boolean {
  if (!environment.confirm || yes || isThere(terminal)) return asksSomebody(environment, yes, terminal)
  throw new UsageError(
    `${environment.name} wants to be asked first, and there is no terminal to ask on: nothing was changed`,
    'add --yes (with make: ARGS=--yes)',
  )
}

/**
 * Asks the person at the terminal.
 * @throws Failure when the answer is not yes, or the signal's reason when the run is stopped meanwhile.
 */
export async function confirm(question: string, signal: AbortSignal): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // readline takes Ctrl-C for itself; it has to stop the run as it does everywhere else.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure({ what: 'not confirmed: nothing was changed' })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    terminal.close()
  }
}
