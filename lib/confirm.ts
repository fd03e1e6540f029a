import { createInterface } from 'node:readline/promises'
import { Failure } from './failure.ts'

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
