import { appendFileSync } from 'node:fs'
import { describeProblem, Failure, problemOf } from '../base/failure.ts'
import type { Command, Options } from '../base/options.ts'
import { refused } from '../base/system-errors.ts'
import { endWhenOutputFails } from '../run/output.ts'
import { harmless, problemOutput } from '../run/workflow-command.ts'
import { parse, wordsOf } from './arguments.ts'
import { helpText } from './help.ts'

/**
 * The front door of every script: parses the arguments, answers `--help`, runs, and turns whatever is
 * thrown into a message and an exit code. A stack is printed only for what we did not foresee: our bugs.
 */
export async function main<O extends Options>(
  command: Command<O>,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  endWhenOutputFails()
  try {
    const options = parse(command, args)
    process.exitCode =
      options === 'help'
        ? print(helpText(command))
        : await (await import('./dispatch.ts')).runWhereItBelongs(command, options, wordsOf(command, args))
  } catch (thrown) {
    const error = thrown instanceof Failure ? thrown : (refused(thrown) ?? thrown)
    // What fails before a run begins has no log of its own: the workflow's other jobs are told here.
    const output = process.env['GITHUB_OUTPUT']
    if (output) appendFileSync(output, problemOutput(problemOf(error)))
    if (!(error instanceof Failure)) throw error
    const said = describeProblem(error) // with what programs printed: for GitHub's runner that might be a command
    process.stderr.write(`${process.env['GITHUB_ACTIONS'] === 'true' ? harmless(said) : said}\n`)
    process.exitCode = error.exitCode
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
