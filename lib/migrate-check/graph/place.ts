/** Where a finding about the graph points: a line of a revision file. */
export const at = (file: string, line: number | undefined) =>
  ({ level: 'error', file, line: line ?? 1 }) as const
