import { sleep } from '../../base/wait.ts'
import { interruptSignal } from '../../run/interrupt.ts'
import type { Paint } from './screen.ts'

/** What a line may have; text that goes to a file is as wide as it needs to be, and never beside another. */
export const terminalWidth = (): number => (process.stdout.isTTY ? process.stdout.columns || 80 : 100)

const codes = { red: 31, green: 32 } as const
/** Colours on a terminal alone, and not where NO_COLOR is set. */
export const paint: Paint = (text, colour) =>
  process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
    ? `\x1b[${codes[colour]}m${text}\x1b[0m`
    : text

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
