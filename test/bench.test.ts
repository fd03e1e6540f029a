import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alternate, figure, median } from './sandbox/bench/measure.ts'
import { markdown } from './sandbox/bench/table.ts'

const bench = suite('bench: what the figures are made of')

bench('the median is the middle, or between the two in the middle', () => {
  assert.is(median([9, 1, 5]), 5)
  assert.is(median([4, 1, 2, 9]), 3)
})

bench('contenders take turns, and every other round goes the other way', async () => {
  const order: string[] = []
  const turn = (name: string) => async () => order.push(name)
  await alternate(2, { ours: turn('ours'), theirs: turn('theirs') })
  assert.equal(order, ['ours', 'theirs', 'theirs', 'ours'])
})

bench('a ratio is the median of the rounds, each against its own: a slow minute hits both', () => {
  const against = { what: 'theirs', values: [10, 100, 20] }
  const {
    value,
    against: compared,
    met,
  } = figure('ours', 'ms', [5, 50, 8], { against, goal: { atMost: 0.5 } })
  assert.is(value, 8)
  assert.is(compared?.ratio, 0.5)
  assert.equal(compared?.spread, [0.4, 0.5])
  assert.is(met, true)
})

bench('the table says which goal was met and which was missed', () => {
  const slow = figure('slow', 'ms', [400], { goal: { atMost: 300 } })
  const fast = figure('fast', 'bytes/s', [2048], { goal: { atLeast: 1024 } })
  const [, , first, second] = markdown([slow, fast]).split('\n')
  assert.match(first ?? '', 'at most 300 ms: MISSED')
  assert.match(second ?? '', 'at least 1.0 KiB/s: met')
})

bench.run()
