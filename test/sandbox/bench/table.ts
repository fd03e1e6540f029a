import { type Figure, shownIn } from './measure.ts'

const header = ['What', 'Measured', 'Against', 'Ratio', 'Goal']

/** The figures as a table that reads as well on a terminal as in a README. */
export function markdown(figures: readonly Figure[]): string {
  const rows = [header, ...figures.map(cells)]
  const widths = header.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const lines = rows.map(
    row => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  return [lines[0], `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n')
}

function cells({ what, unit, value, spread, rounds, against, goal, met }: Figure): string[] {
  const range = (shown: (value: number) => string, [least, greatest]: readonly [number, number]): string =>
    rounds > 1 ? ` (${shown(least)} to ${shown(greatest)})` : ''
  const own = (number: number): string => shownIn(unit, number)
  const times = (number: number): string => shownIn('times', number)
  return [
    what,
    own(value) + (against ? '' : range(own, spread)),
    against ? `${own(against.value)}: ${against.what}` : '',
    against ? times(against.ratio) + range(times, against.spread) : '',
    goal === undefined ? '' : `${goal}: ${met ? 'met' : 'MISSED'}`,
  ]
}
