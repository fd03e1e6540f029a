import { describeProblem } from '../../base/failure.ts'
import { printable } from '../../base/text.ts'
import type { Facts } from './facts.ts'
import { findings } from './findings/all.ts'
import { panel } from './panel.ts'

/** Two panels stand beside each other from this width on. */
const wide = 150
const gap = 3

export type Paint = (text: string, colour: 'red' | 'green') => string

/** One screen: the environments beside or below each other, then everything that is wrong, never cut. */
export function screen(all: readonly Facts[], width: number, paint: Paint): string {
  const judged = all.map(facts => ({ facts, problems: findings(facts) }))
  const panels = judged.map(({ facts, problems }) => panel(facts, problems))
  const body =
    width >= wide && panels.length === 2
      ? beside(panels, width)
      : panels.map(lines => lines.join('\n')).join('\n\n')
  const wrong = judged.flatMap(({ facts, problems }) =>
    problems.map(
      problem =>
        `✗ ${facts.environment.name}: ${printable(describeProblem(problem)).replaceAll('\n', '\n  ')}`,
    ),
  )
  const text = wrong.length === 0 ? body : `${body}\n\n${wrong.join('\n')}`
  const coloured = text.replace(/(✓|✗)( \w[\w-]*:)/g, (all, sign: string) =>
    paint(all, sign === '✓' ? 'green' : 'red'),
  )
  return `${coloured}\n`
}

function beside(panels: readonly (readonly string[])[], width: number): string {
  const column = Math.floor((width - gap) / 2)
  const [left = [], right = []] = panels
  const height = Math.max(left.length, right.length)
  return Array.from({ length: height }, (_, i) =>
    `${cut(left[i] ?? '', column).padEnd(column + gap)}${cut(right[i] ?? '', column)}`.trimEnd(),
  ).join('\n')
}

const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, width - 1)}…`
