import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeProblem } from '../../../lib/base/failure.ts'
import type { RunEvent } from '../../../lib/run/events.ts'
import { readEvents } from '../../../lib/run/run-log.ts'
import { directoryOf, runIds } from '../harness.ts'
import type { Scene } from './scene.ts'

/** The last words of the faulted runs and of the newest one, a line each. */
export function lastWords(scene: Scene): string {
  return [...new Set([...scene.newRuns().slice(0, 3), ...runIds('production').slice(-1)])]
    .map(name => {
      const text = readFileSync(join(directoryOf('production'), 'logs', 'runs', name), 'utf8')
      return `${name}\n${readEvents(text).flatMap(inWords).slice(-14).join('\n')}`
    })
    .join('\n')
}

function inWords(event: RunEvent): string[] {
  const at = new Date(event.at).toISOString().slice(11, 23)
  const cut = (text: string): string[] => [`  ${at} ${text.replaceAll('\n', ' ')}`.slice(0, 300)]
  if (event.type === 'step-started') return cut(`… ${event.title}`)
  if (event.type === 'step-finished') return cut(`${event.outcome} ${event.title}: ${event.note ?? ''}`)
  if (event.type === 'note') return cut(event.text)
  if (event.type === 'fact') return cut(`fact ${JSON.stringify(event.fact)}`)
  if (event.type === 'taking-back' || event.type === 'warning')
    return cut(`${event.type}: ${describeProblem(event.problem)}`)
  if (event.type === 'run-finished')
    return cut(`exit ${event.exitCode}: ${event.problem ? describeProblem(event.problem) : 'done'}`)
  return event.type === 'command' && event.code !== 0 ? cut(`${event.code ?? 'killed'}: ${event.text}`) : []
}
