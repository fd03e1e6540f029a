import { repairers } from './recovery.ts'
import type { Outcome } from './trial.ts'

/** What a campaign has found out; several of them can be put together. */
export interface Campaign {
  readonly seeds: readonly string[]
  readonly seconds: number
  /** In their order; of those that did not strike only the number is kept. */
  readonly outcomes: readonly (Outcome & { readonly seed: string; readonly number: number })[]
  readonly missed: number
}

export function merged(campaigns: readonly Campaign[]): Campaign {
  return {
    seeds: campaigns.flatMap(({ seeds }) => seeds),
    seconds: Math.max(0, ...campaigns.map(({ seconds }) => seconds)),
    outcomes: campaigns.flatMap(({ outcomes }) => outcomes),
    missed: campaigns.reduce((sum, { missed }) => sum + missed, 0),
  }
}

/** A row for each fault and one for all, in Markdown. */
export function table({ outcomes }: Campaign): string {
  const names = [...new Set(outcomes.map(({ fault }) => fault))].sort()
  const rows = names.map(name =>
    row(
      name,
      outcomes.filter(({ fault }) => fault === name),
    ),
  )
  const cells = [
    ['Fault', 'runs', 'requests', 'lost', 'longest gap', 'repaired by', 'failed'],
    ...rows,
    row('all', outcomes),
  ]
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map(line => line[i]?.length ?? 0)))
  const line = (words: readonly string[]): string =>
    `| ${words.map((word, i) => word.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = cells
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rest.map(line)].join('\n')
}

function row(name: string, outcomes: readonly Outcome[]): string[] {
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const by = repairers.flatMap(repairer => {
    const times = outcomes.filter(({ repairedBy }) => repairedBy === repairer).length
    return times === 0 ? [] : [`${repairer} ${times}`]
  })
  return [
    name,
    String(outcomes.length),
    String(sum(({ requests }) => requests)),
    String(sum(({ lost }) => lost)),
    `${Math.max(0, ...outcomes.map(({ longestGapMs }) => longestGapMs))} ms`,
    by.join(', '),
    String(outcomes.filter(({ findings }) => findings.length > 0).length),
  ]
}
