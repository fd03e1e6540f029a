import { appendFileSync } from 'node:fs'
import { describeProblem, Failure, problemOf } from '../base/failure.ts'
import type { Command, Options, Parsed } from '../base/options.ts'
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
        : await runWhereItBelongs(command, options, wordsOf(command, args))
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

/**
 * Every script with an option `--host` runs on the VPS where that, or `<NAME>_HOST`, names one: it is shipped, started
 * there and followed. There, and where no host is named, it simply runs. `--attach` shows another run in its place.
 */
async function runWhereItBelongs<O extends Options>(
  command: Command<O>,
  options: Parsed<O>,
  words: readonly string[],
): Promise<number> {
  const session = process.env['TRACEHUB_SESSION']
  if (session) (await import('../remote/hosted.ts')).enter(session)
  else if ('host' in command.options) {
    const { shipmentOf } = await import('../remote/shipment.ts')
    const shipment = shipmentOf(command, options, words)
    if (shipment) return (await import('../remote/ship.ts')).ship(shipment)
  }
  const given: Readonly<Record<string, string | boolean | undefined>> = options
  const { attach: run, environment: name } = given
  if (typeof run !== 'string') return command.run(options, words)
  const { loadTarget } = await import('../environment/settings.ts')
  const place = await loadTarget(typeof name === 'string' ? name : undefined)
  const { attach } = await import('../run/attach.ts')
  return attach(place, run, { json: given['json'] === true, verbose: given['verbose'] === true })
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
