import { bytes, duration } from '../../../lib/base/text.ts'

/** What a figure counts. */
export type Unit = 'ms' | 'bytes' | 'bytes/s' | 'requests' | 'times'

/** One row of the table, and one entry of `.bench/results.json`. */
export interface Figure {
  readonly what: string
  readonly unit: Unit
  /** The median of the rounds. */
  readonly value: number
  readonly rounds: number
  /** The least and the greatest of the rounds. */
  readonly spread: readonly [least: number, greatest: number]
  readonly against?: Against
  readonly goal?: string
  readonly met?: boolean
}

/** What a figure is compared with: measured in turn with it, so that other work on the machine hits both. */
interface Against {
  readonly what: string
  readonly value: number
  /** The median of the rounds' own ratios, ours to theirs, and their spread. */
  readonly ratio: number
  readonly spread: readonly [least: number, greatest: number]
}

/** A goal: the value, or the ratio where there is one, is to be at most or at least so much. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number }

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** How long something takes, in ms. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await act()
  return performance.now() - started
}

/** So many rounds whatever is usual, for who has less time or more. */
const wanted = Number(process.env['BENCH_ROUNDS'] || 0)

/** Measures several things in turn, `usual` times each, every other round in the opposite order. */
export async function alternate<Contenders extends Readonly<Record<string, () => Promise<unknown>>>>(
  usual: number,
  contenders: Contenders,
): Promise<{ readonly [Name in keyof Contenders]: Awaited<ReturnType<Contenders[Name]>>[] }> {
  const measured = Object.entries(contenders).map(([name, act]) => ({ name, act, values: [] as unknown[] }))
  for (let round = 0; round < (wanted || usual); round += 1)
    for (const { act, values } of round % 2 === 0 ? measured : measured.toReversed()) values.push(await act())
  return Object.fromEntries(measured.map(({ name, values }) => [name, values])) as never // what each has returned
}

/** A figure of the rounds' values; `against` are the values of the same rounds of what it is compared with. */
export function figure(
  what: string,
  unit: Unit,
  values: readonly number[],
  more: { against?: { what: string; values: readonly number[] }; goal?: Goal } = {},
): Figure {
  const { against, goal } = more
  const ratios = against?.values.map((theirs, round) => (values[round] ?? Number.NaN) / theirs)
  const judged = ratios ? median(ratios) : median(values)
  return {
    ...{ what, unit, value: median(values), rounds: values.length, spread: spreadOf(values) },
    ...(against &&
      ratios && {
        against: {
          ...{ what: against.what, value: median(against.values) },
          ...{ ratio: judged, spread: spreadOf(ratios) },
        },
      }),
    ...(goal && { goal: goalText(goal, against ? 'times' : unit), met: isMet(goal, judged) }),
  }
}

const spreadOf = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]
const isMet = (goal: Goal, value: number): boolean =>
  'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast
const goalText = (goal: Goal, unit: Unit): string =>
  'atMost' in goal ? `at most ${shownIn(unit, goal.atMost)}` : `at least ${shownIn(unit, goal.atLeast)}`

/** A value as a person reads it. */
export function shownIn(unit: Unit, value: number): string {
  if (unit === 'ms') return duration(value)
  if (unit === 'bytes') return bytes(Math.round(value))
  if (unit === 'bytes/s') return `${bytes(Math.round(value))}/s`
  if (unit === 'requests') return String(Math.round(value))
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)}×`
}
