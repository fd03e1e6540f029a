import type { RunEvent } from '../events.ts'
import { eventTeller } from '../output.ts'
import type { Listener } from '../run-log.ts'
import { githubRenderer } from './github.ts'
import { linesRenderer } from './lines.ts'

export interface RenderOptions {
  readonly json: boolean
  /** Show every command that is run. */
  readonly verbose: boolean
  /** Say nothing unless something is wrong. */
  readonly quiet?: boolean
}

/** The output that suits whoever reads it: a program, GitHub's log, a terminal, or a file. */
export function chooseRenderer({ json, verbose, quiet }: RenderOptions): Listener {
  if (json) return event => void process.stdout.write(`${JSON.stringify(event)}\n`)
  const elsewhere = eventTeller()
  if (elsewhere) return elsewhere
  if (quiet) return quietRenderer(linesRenderer({ verbose, terminal: false, colour: false }))
  if (process.env['GITHUB_ACTIONS'] === 'true')
    return githubRenderer({
      summary: process.env['GITHUB_STEP_SUMMARY'],
      output: process.env['GITHUB_OUTPUT'],
    })
  const terminal = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
  const colour = terminal && !process.env['NO_COLOR']
  return linesRenderer({ verbose, terminal, colour })
}

/** Says nothing as long as all is well: cron mails whatever a command prints. Otherwise, everything at the end. */
export function quietRenderer(loud: Listener): Listener {
  const events: RunEvent[] = []
  return event => {
    events.push(event)
    if (event.type !== 'run-finished') return
    const isWell = event.exitCode === 0 && !events.some(({ type }) => type === 'warning')
    if (!isWell) for (const one of events) loud(one)
  }
}
