import type { Environment } from '../../environment/environment.ts'
import type { RunEvent } from '../../run/events.ts'
import { readRun, runsIn } from '../../run/run-log.ts'

/** A run in a few words, from its log. */
export type RunSummary = Readonly<NonNullable<ReturnType<typeof summaryOf>>>

/** What a log says; undefined where it does not even say that a run began. */
export function summaryOf(events: readonly RunEvent[]) {
  const find = <Type extends RunEvent['type']>(type: Type) =>
    events.findLast((event): event is Extract<RunEvent, { type: Type }> => event.type === type)
  const started = find('run-started')
  if (!started) return undefined
  const [finished, target, traffic] = [find('run-finished'), find('target'), find('traffic')]
  return {
    ...{ run: started.run, script: started.script, at: started.at, who: started.who, why: started.why },
    /** These three are undefined for a run that did not come to its end, and for one that is still at work. */
    ...{ outcome: finished?.outcome, exitCode: finished?.exitCode, took: finished?.ms },
    problem: finished?.problem,
    ...{ tag: target?.tag, images: target?.images, release: target?.release },
    noticed: traffic && { seen: traffic.seen, failed: traffic.failed },
  }
}

/** The last `count` runs, the newest first; of some scripts alone where they are named. */
export function lastRuns(environment: Environment, count: number, scripts?: readonly string[]): RunSummary[] {
  return runsIn(environment)
    .filter(run => !scripts || scripts.some(script => run.endsWith(`-${script}`)))
    .slice(-count)
    .reverse()
    .flatMap(run => summaryOf(readRun(environment, run)) ?? [])
}

/** How it ended in one word or two: never only a sign. */
export function resultWord(run: RunSummary, isAtWork: boolean): string {
  return run.outcome ?? (isAtWork ? 'at work' : 'interrupted')
}
