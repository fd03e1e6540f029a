import { appendFileSync } from 'node:fs'
import { describeProblem } from '../../base/failure.ts'
import { duration } from '../../base/text.ts'
import type { EventOf, RunEvent } from '../events.ts'
import type { Listener } from '../run-log.ts'
import { annotation, group, harmless, problemOutput, stepOutput } from '../workflow-command.ts'
import { closing, signs } from './words.ts'

const heartbeat = 30_000

/**
 * GitHub's log: each step is a group that opens on its commands, failures are annotations, and the summary page
 * gets a table (GitHub Docs, "Workflow commands for GitHub Actions"). The step's outputs are `outcome` and `problem`.
 */
export function githubRenderer(files: {
  readonly summary?: string | undefined
  readonly output?: string | undefined
}): Listener {
  const say = (text: string): void => void process.stdout.write(`${text}\n`)
  const active = new Map<number, { title: string; said: string[]; since: number; last: string }>()
  const rows: string[] = []
  const warnings: string[] = []
  let what = ''
  let log: string | undefined
  let timer: NodeJS.Timeout | undefined
  const lastActive = () => [...active.values()].at(-1)

  return (event: RunEvent): void => {
    switch (event.type) {
      case 'run-started':
        what = `${event.script} ${event.environment}`
        log = event.log
        say(`${what}  ${event.run} by ${event.who}`)
        timer = setInterval(() => {
          for (const { title, since, last } of active.values())
            say(`… ${title}: ${duration(Date.now() - since)} ${last}`.trimEnd())
        }, heartbeat).unref()
        return
      case 'step-started':
        active.set(event.step, { title: event.title, said: [], since: event.at, last: '' })
        return
      case 'progress': {
        const step = active.get(event.step)
        if (step) step.last = harmless(event.text)
        return
      }
      case 'command':
        lastActive()?.said.push(`$ ${event.text}  (${duration(event.ms)}, ${event.code})`)
        return
      case 'step-finished': {
        const note = event.note ? ` · ${event.note}` : ''
        const headline = `${signs[event.outcome]} ${event.title}${note} · ${duration(event.ms)}`
        say(group(headline.replaceAll(/[\r\n]+/g, ' ')))
        for (const line of active.get(event.step)?.said ?? []) say(harmless(line))
        say('::endgroup::')
        active.delete(event.step)
        const cells = [signs[event.outcome], cell(event.title), cell(event.note ?? ''), duration(event.ms)]
        rows.push(`| ${cells.join(' | ')} |`)
        return
      }
      case 'note':
        say(harmless(`  ${event.text}`))
        return
      case 'warning':
        warnings.push(describeProblem(event.problem))
        say(annotation('warning', { title: what }, describeProblem(event.problem)))
        return
      case 'run-finished': {
        clearInterval(timer)
        say(harmless(closing(event, what, log)))
        if (event.problem)
          say(annotation('error', { title: `${what}: ${event.outcome}` }, describeProblem(event.problem)))
        if (files.summary) appendFileSync(files.summary, summary(what, event, { rows, warnings }))
        if (files.output)
          appendFileSync(files.output, stepOutput('outcome', event.outcome) + problemOutput(event.problem))
        return
      }
    }
  }
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function summary(
  what: string,
  event: EventOf<'run-finished'>,
  { rows, warnings }: { readonly rows: readonly string[]; readonly warnings: readonly string[] },
): string {
  const sign = event.exitCode === 0 ? '✅' : '❌'
  const parts = [`## ${sign} ${what}: ${event.outcome} in ${duration(event.ms)}`]
  // Of warnings as annotations GitHub drops the eleventh without a word: here are all.
  const problem = event.problem ? [describeProblem(event.problem)] : []
  for (const text of [...problem, ...warnings.map(each => `⚠ ${each}`)])
    parts.push(`\`\`\`text\n${text.replaceAll('```', "'''")}\n\`\`\``)
  const results = event.result?.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`)
  if (results) parts.push(['| | |', '|---|---|', ...results].join('\n'))
  parts.push(['| | Step | | Time |', '|---|---|---|---|', ...rows].join('\n'))
  return `${parts.join('\n\n')}\n\n`
}
