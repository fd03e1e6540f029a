/** What became of a test file. */
export interface Verdict {
  readonly file: string
  readonly passed: number
  readonly failed: number
  /** Why it failed, where that is not in its own output; else empty. */
  readonly why: string
  readonly seconds: number
}

/** What uvu's summary and the exit code come to. */
export function judge(file: string, code: number | null, output: string): Omit<Verdict, 'seconds'> {
  const number = (name: string): number =>
    [...output.matchAll(new RegExp(`^ {2}${name}:\\s+(\\d+)`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    )
  const [total, passed, skipped] = [number('Total'), number('Passed'), number('Skipped')]
  const why =
    total === 0
      ? code === null
        ? 'did not end in time'
        : 'ran no test: is .run() missing?'
      : skipped > 0
        ? `skipped ${skipped}`
        : passed < total
          ? ''
          : code === null
            ? 'did not end in time'
            : code !== 0
              ? `exited with ${code}`
              : undefined
  if (why === undefined) return { file, passed, failed: 0, why: '' }
  return { file, passed, failed: Math.max(1, total - passed), why }
}
