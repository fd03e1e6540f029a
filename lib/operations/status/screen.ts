import { styleText } from 'node:util'
import { wantsColour } from '../../base/caller.ts'
import { describeProblem } from '../../base/failure.ts'
import { printable } from '../../base/text.ts'
import { sleep } from '../../base/wait.ts'
import { interruptSignal } from '../../run/stop-signals.ts'
import type { Facts } from './facts.ts'
import { findings } from './findings/all.ts'
import { panel } from './panel.ts'

/** Two panels stand beside each other from this width on. */
const wide = 150
const gap = 3

type Paint = (text: string, colour: 'red' | 'green') => string

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

/** What a line may have; text that goes to a file is as wide as it needs to be, and never beside another. */
export const terminalWidth = (): number => (process.stdout.isTTY ? process.stdout.columns || 80 : 100)

/** Colours on a terminal alone, and not where NO_COLOR is set. */
export const paint: Paint = (text, colour) =>
  wantsColour() ? styleText(colour, text, { validateStream: false }) : text

/**
 * Draws again and again until Ctrl-C, `pause` ms after the last was done. On a terminal each is drawn over the one
 * before, on a screen of its own.
 * @returns what the last drawing found.
 */
export async function watch(
  pause: number,
  draw: () => Promise<{ text: string; exitCode: number }>,
): Promise<number> {
  const stop = interruptSignal()
  const terminal = process.stdout.isTTY
  let last = 0
  if (terminal) process.stdout.write('\x1b[?1049h\x1b[?25l')
  try {
    while (!stop.aborted) {
      const { text, exitCode } = await draw()
      last = exitCode
      if (stop.aborted) break
      // Each line erases what stood behind it; then what is below.
      process.stdout.write(terminal ? `\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J` : `${text}\n`)
      await sleep(pause, stop).catch(() => undefined) // asked to stop
    }
    return last
  } finally {
    if (terminal) process.stdout.write('\x1b[?25h\x1b[?1049l')
  }
}
