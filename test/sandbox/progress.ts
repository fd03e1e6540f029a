import { duration } from '../../lib/base/text.ts'

/** Tells the person who waits what was done, one line each time. */
export type Say = (line: string) => void

export const print: Say = line => {
  process.stdout.write(`· ${line}\n`)
}

/** Started now; each call gives the time since then, as it stands at the end of a line: `(3.2 s)`. */
export function stopwatch(): () => string {
  const started = performance.now()
  return () => `(${duration(performance.now() - started)})`
}
